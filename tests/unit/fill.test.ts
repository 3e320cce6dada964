import { expect, it } from "vitest";
import { fill } from "../../shared/fill.ts";

it("fills what is given, nothing of what is filled in, and shows what is missing", () => {
  expect(fill("{site} and {other}, {count}", { site: "{dose}", dose: "no", count: 3 })).toBe("{dose} and ?, 3");
});
