// Everything that must hold: types, lint and import arrows, no addresses in the lockfile, and the tests.
// The last line is `N passed, N failed`.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFirefox, NO_FIREFOX } from "./firefox.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (...path) => join(root, "node_modules", ...path);
const report = bin(".cache", "idlewave", "vitest.json");
mkdirSync(dirname(report), { recursive: true });
rmSync(report, { force: true });

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
  const good = run(bin("vitest", "vitest.mjs"), [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--reporter=${join(root, "scripts", "test-progress.mjs")}`,
    `--outputFile.json=${report}`,
    ...(hasFirefox ? [] : ["--exclude", "tests/browser/firefox.test.ts"]),
    ...process.argv.slice(2),
  ]);
  if (!existsSync(report)) {
    failed++;
    console.log("✗ the tests did not run to their end");
    return;
  }
  const result = JSON.parse(readFileSync(report, "utf8"));
  passed += result.numPassedTests;
  failed += result.numFailedTests;
  for (const file of result.testResults)
    for (const test of file.assertionResults) if (test.status === "failed") failures.push(test.fullName);
  const unrun = result.numPendingTests + result.numTodoTests;
  if (unrun > 0) {
    failed += unrun;
    console.log(`✗ ${unrun} tests were skipped`);
  }
  if (!good && result.numFailedTests === 0) {
    failed++;
    console.log("✗ the test run failed outside of a test");
  }
}
