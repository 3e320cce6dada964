// Everything that must hold: types, lint and import arrows, no addresses in the lockfile, and the tests.
// The last line is `N passed, N failed`.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findFirefox, NO_FIREFOX } from "./firefox.mjs";
import { countOf, filesToRunAgain } from "./test-count.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (...path) => join(root, "node_modules", ...path);
const cache = bin(".cache", "idlewave");
mkdirSync(cache, { recursive: true });

/** A step that says nothing itself is said to go on, ms. */
const SAY_EVERY_MS = 10_000;

let passed = 0;
/** Told again at the end: what failed first scrolls away. */
const failures = [];
await check("types", () => run(bin("typescript", "bin", "tsc"), ["-p", "."]));
await check("lint and import arrows", () => run(bin("@biomejs", "biome", "bin", "biome"), ["check", "--error-on-warnings"]));
await check(
  "no address in the lockfile",
  () => !/https?:\/\/registry|"resolved"/.test(readFileSync(join(root, "package-lock.json"), "utf8")),
);
const hasFirefox = findFirefox() !== undefined;
await runTests();
if (!hasFirefox) console.log(NO_FIREFOX);
for (const name of failures) console.log(`✗ ${name}`);
console.log(`\n${passed} passed, ${failures.length} failed`);
process.exitCode = failures.length === 0 ? 0 : 1;

async function check(name, holds) {
  const begun = Date.now();
  console.log(`… ${name}`);
  const ticker = setInterval(() => console.log(`… ${name}, ${Math.round((Date.now() - begun) / 1000)} s`), SAY_EVERY_MS);
  const good = await holds();
  clearInterval(ticker);
  if (good) passed++;
  else failures.push(name);
  console.log(`${good ? "✓" : "✗"} ${name}`);
}

function run(script, args) {
  const child = spawn(process.execPath, [script, ...args], { cwd: root, stdio: "inherit" });
  return new Promise((done) => child.once("close", (code) => done(code === 0)));
}

async function runTests() {
  const first = await vitest(process.argv.slice(2));
  const files = first ? filesToRunAgain(first) : [];
  if (files.length > 0) console.log(`… once more, alone: ${files.join(", ")}`);
  const counted = countOf(first, files.length > 0 ? await vitest(["--maxWorkers=1", ...files]) : undefined);
  passed += counted.passed;
  failures.push(...counted.failures);
  for (const name of counted.again) console.log(`! failed beside the others, passed alone: ${name}`);
}

/** Undefined when it did not run to its end. */
async function vitest(options) {
  const file = join(cache, "test-result.json");
  rmSync(file, { force: true });
  process.env.TEST_RESULT_FILE = file;
  const reporters = ["default", join(root, "scripts", "test-progress.mjs"), join(root, "scripts", "test-result.mjs")];
  const isGood = await run(bin("vitest", "vitest.mjs"), [
    "run",
    ...reporters.map((reporter) => `--reporter=${reporter}`),
    ...(hasFirefox ? [] : ["--exclude", "tests/browser/firefox*.test.ts"]),
    ...options,
  ]);
  return existsSync(file) ? { ...JSON.parse(readFileSync(file, "utf8")), isGood } : undefined;
}
