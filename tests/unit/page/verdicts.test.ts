import { expect, test } from "vitest";
import { refusedOf } from "../../../client/page/drawing/verdicts.ts";

test("of all refused units a visitor's own are those under the first digits of their key", () => {
  const of = (unit: number, volunteer: string) => ({ unit, volunteer, digest: "", canonical: "", at: "" });
  expect([...refusedOf([of(3, "ab12"), of(4, "cd34"), of(9, "ab12")], "ab12")]).toEqual([3, 9]);
});
