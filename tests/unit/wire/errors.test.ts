import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ERRORS, type ErrorCode, errorCodeOf, errorMessage, IdlewaveError, isPassing } from "../../../shared/errors.ts";

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

it("a refusal passes where the table says when to try again, and one of a later release does not", () => {
  const passing = ["too-fast", "shutting-down", "internal", "disk-full", "busy"];
  expect(passing.every(isPassing)).toBe(true);
  expect(["bad-token", "foreign-token", "a-code-to-come", "toString"].filter(isPassing)).toEqual([]);
});

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** The sources under these folders whose path ends so, as one text. */
function textOf(folders: readonly string[], ending: string): string {
  const paths = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).map((path) => join(folder, path)),
  );
  const read = paths.filter((path) => path.endsWith(ending) && !path.endsWith("wire/errors.test.ts") && path !== "shared/errors.ts");
  return read.map((path) => readFileSync(join(ROOT, path), "utf8")).join("\n");
}

const tests = textOf(["tests"], ".test.ts");
const sources = textOf(["server", "client", "shared"], ".ts");

it.each(Object.keys(ERRORS))("%s is thrown somewhere and provoked by a test", (code) => {
  expect(sources.includes(`"${code}"`)).toBe(true);
  // As a code by itself, or behind its status: "422 bytes-mismatch".
  expect(new RegExp(`["'\\\\ ]${code}["'\\\\]`).test(tests)).toBe(true);
});
