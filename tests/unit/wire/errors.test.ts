import { expect, it } from "vitest";
import { ERRORS, type ErrorCode, errorCodeOf, errorMessage, IdlewaveError } from "../../../shared/errors.ts";

it("each error has a number of its own on the wire", () => {
  const codes = Object.keys(ERRORS) as ErrorCode[];
  expect(new Set(codes.map((code) => ERRORS[code].wire)).size).toBe(codes.length);
  for (const code of codes) expect(errorCodeOf(ERRORS[code].wire)).toBe(code);
  expect(errorCodeOf(9999)).toBeUndefined();
});

it("messages are filled from the details and show what is missing", () => {
  expect(errorMessage("too-large", { what: "job.json", bytes: 9, limit: 3 })).toBe("job.json has 9 bytes, at most 3 are allowed.");
  expect(errorMessage("too-large")).toContain("?");
  expect(new IdlewaveError("not-found", { what: "job 7" }).http).toBe(404);
});
