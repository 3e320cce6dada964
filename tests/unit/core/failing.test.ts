import { expect, it } from "vitest";
import { failing } from "../../../server/core/failing.ts";
import { World } from "./world.ts";

function answered(...statuses: ("ok" | "failed" | "device-lost")[]): string {
  const world = new World({ units: 1 });
  for (const [index, status] of statuses.entries()) world.submit(world.assignment(world.join(index + 1)), { status });
  return failing(world.job());
}

it("tells the owner of a unit that failed with three volunteers and ran with none", () => {
  const words = "3 volunteers say that unit 0 does not run or takes their device with it: look at the kernel's loops and bounds";
  expect(answered("device-lost", "device-lost", "failed")).toBe(words);
  expect(answered("device-lost", "device-lost")).toBe("");
  expect(answered("failed", "ok", "failed", "failed")).toBe("");
});
