// Everything that must hold: types, lint and import arrows, no addresses in the lockfile, and the tests.
// The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { findFirefox, NO_FIREFOX } from "./firefox.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (...path) => join(root, "node_modules", ...path);
const report = bin(".cache", "idlewave", "vitest.json");
mkdirSync(dirname(report), { recursive: true });
const WAITING = ["browser", "chaos", "unit/bench", "unit/cli", "unit/donor", "unit/gateway", "unit/http", "unit/ops"].map(
  (folder) => `tests/${folder}/`,
);

let passed = 0;
let failed = 0;
/** Told again at the end: what failed first scrolls away. */
const failures = [];
check("types", () => run(bin("typescript", "bin", "tsc"), ["-p", "."]));
check("lint and import arrows", () => run(bin("@biomejs", "biome", "bin", "biome"), ["check", "--error-on-warnings"]));
check("no address in the lockfile", () => !/https?:\/\/registry|"resolved"/.test(readFileSync(join(root, "package-lock.json"), "utf8")));
const hasFirefox = findFirefox() !== undefined;
runTests();
if (!hasFirefox) console.log(NO_FIREFOX);
for (const name of failures) console.log(`✗ ${name}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function check(name, holds) {
  console.log(`… ${name}`);
  const good = holds();
  if (good) passed++;
  else {
    failed++;
    failures.push(name);
  }
  console.log(`${good ? "✓" : "✗"} ${name}`);
}

function run(script, args) {
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" }).status === 0;
}

function runTests() {
  const first = vitest(process.argv.slice(2), report);
  if (!first.result) {
    failed++;
    console.log("✗ the tests did not run to their end");
    return;
  }
  const again = runAgain(first.result);
  const broken = failedTests(first.result).filter(({ fullName }) => !again.has(fullName));
  failures.push(...broken.map(({ fullName }) => fullName));
  passed += first.result.numPassedTests + first.result.numFailedTests - broken.length;
  failed += broken.length;
  const unrun = first.result.numPendingTests + first.result.numTodoTests;
  if (unrun > 0) {
    failed += unrun;
    console.log(`✗ ${unrun} tests were skipped`);
  }
  if (!first.good && first.result.numFailedTests === 0) {
    failed++;
    console.log("✗ the test run failed outside of a test");
  }
  for (const name of again) console.log(`! failed beside the others, passed alone: ${name}`);
}

/**
 * What waits for browsers, sockets and processes may fail for want of a processor: such files run once more, alone, and the tests
 * that pass then are named. What computes alone has no such excuse.
 */
function runAgain(result) {
  const files = result.testResults
    .filter(({ assertionResults }) => assertionResults.some(isFailed))
    .map(({ name }) => relative(root, name));
  const isExcused = files.length > 0 && files.length <= 3 && files.every((file) => WAITING.some((folder) => file.startsWith(folder)));
  if (!isExcused) return new Set();
  console.log(`… once more, alone: ${files.join(", ")}`);
  const second = vitest(["--maxWorkers=1", ...files], bin(".cache", "idlewave", "vitest-again.json"));
  if (!second.good || !second.result) return new Set();
  const ran = new Set(second.result.testResults.flatMap(({ assertionResults }) => assertionResults.map(({ fullName }) => fullName)));
  return new Set(failedTests(result).flatMap(({ fullName }) => (ran.has(fullName) ? [fullName] : [])));
}

function failedTests(result) {
  return result.testResults.flatMap(({ assertionResults }) => assertionResults.filter(isFailed));
}

function isFailed({ status }) {
  return status === "failed";
}

function vitest(options, file) {
  rmSync(file, { force: true });
  const good = run(bin("vitest", "vitest.mjs"), [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--reporter=${join(root, "scripts", "test-progress.mjs")}`,
    `--outputFile.json=${file}`,
    ...(hasFirefox ? [] : ["--exclude", "tests/browser/firefox.test.ts"]),
    ...options,
  ]);
  return { good, result: existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined };
}
