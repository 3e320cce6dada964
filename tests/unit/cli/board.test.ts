import { expect, test, vi } from "vitest";
import { openBoard } from "../../../server/cli/demo/board.ts";

test("the demo's first line says what is being done", () => {
  const lines: string[] = [];
  const spy = vi.spyOn(process.stderr, "write").mockImplementation((chunk) => {
    lines.push(String(chunk));
    return true;
  });
  try {
    openBoard("starting a coordinator").stop();
  } finally {
    spy.mockRestore();
  }
  expect(lines.join("")).toMatch(/0 s {2}starting a coordinator/);
});
