/** What `npm test` says of a run of the tests: counted by hand, and of a real run in which things fail outside of tests. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { countOf, filesToRunAgain } from "../../../scripts/test-count.mjs";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const GOOD = { tests: [] as { file: string; name: string; state: string }[], outside: [], isWhole: true, isGood: true };
const [browser, core] = ["tests/browser/page.test.ts", "tests/unit/core/verify.test.ts"];
const test = (file: string, name: string, state = "passed") => ({ file, name, state });

it("what waits for a browser and failed beside others counts as it does alone, and is named", () => {
  const first = { ...GOOD, tests: [test(browser, "a"), test(browser, "b", "failed"), test(core, "c")], isGood: false };
  expect(filesToRunAgain(first)).toEqual([browser]);
  const second = { ...GOOD, tests: [test(browser, "a"), test(browser, "b")] };
  expect(countOf(first, second)).toEqual({ passed: 3, failures: [], again: ["b"] });
  expect(countOf(first, { ...second, tests: second.tests.slice(0, 1) }).failures).toEqual(["b"]);
  expect(countOf(first, { ...second, isGood: false }).failures).toEqual(["b"]);
  expect(countOf(first, undefined)).toEqual({ passed: 2, failures: ["b"], again: [] });
});

it("what computes alone has one try, and so has everything beside it, and what fails in many files", () => {
  expect(filesToRunAgain({ ...GOOD, tests: [test(browser, "a", "failed"), test(core, "b", "failed")] })).toEqual([]);
  expect(filesToRunAgain({ ...GOOD, tests: [test(browser, "a", "failed")], outside: [{ file: core, why: "no such module" }] })).toEqual([]);
  const many = ["a", "b", "c", "d"].map((name) => test(`tests/browser/${name}.test.ts`, name, "failed"));
  expect(filesToRunAgain({ ...GOOD, tests: many })).toEqual([]);
  expect(filesToRunAgain({ ...GOOD, tests: many.slice(1) })).toHaveLength(3);
});

it("a file that throws fails also beside a test that passed in the second try", () => {
  const first = { ...GOOD, tests: [test(browser, "a", "failed"), test(core, "b")], outside: [{ file: core, why: "boom" }], isGood: false };
  const second = { ...GOOD, tests: [test(browser, "a")] };
  expect(countOf(first, second).failures).toEqual([`${core}, outside of a test: boom`]);
});

it.each([
  ["nothing was told", undefined, "the tests did not run to their end"],
  ["no test ran", GOOD, "no test ran"],
  ["it was interrupted", { ...GOOD, tests: [test(core, "a")], isWhole: false, isGood: false }, "the tests were interrupted"],
  ["a test was left out", { ...GOOD, tests: [test(core, "a", "skipped")] }, "a (was skipped)"],
  ["the runner alone says no", { ...GOOD, tests: [test(core, "a")], isGood: false }, "the run of the tests failed outside of them"],
])("it has failed when %s", (_, result, failure) => {
  expect(countOf(result, undefined).failures).toEqual([failure]);
});

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "idlewave-count-"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("a real run tells its tests, and what an import, a hook and a promise threw outside of them", () => {
  const write = (name: string, text: string) =>
    writeFileSync(join(folder, `${name}.test.js`), `import { afterAll, it } from "vitest";\nit("${name}", () => {});\n${text}`);
  write("good", "");
  write("import", 'throw new Error("at import");');
  write("hook", 'afterAll(() => { throw new Error("in a hook"); });');
  write("promise", 'Promise.reject(new Error("in a promise"));');
  const result = join(folder, "result.json");
  const reporter = `--reporter=${join(ROOT, "scripts", "test-result.mjs")}`;
  const { status } = spawnSync(process.execPath, [join(ROOT, "node_modules", "vitest", "vitest.mjs"), "run", reporter], {
    cwd: folder,
    env: { ...process.env, TEST_RESULT_FILE: result },
  });
  const { passed, failures } = countOf({ ...JSON.parse(readFileSync(result, "utf8")), isGood: status === 0 }, undefined);
  expect(passed).toBe(3);
  expect(failures.sort()).toEqual([
    "hook.test.js, outside of a test: in a hook",
    "import.test.js, outside of a test: at import",
    "outside of any file, outside of a test: in a promise",
  ]);
});
