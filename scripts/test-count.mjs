// What a run of the tests comes to, with a second run of a few files that failed beside the others.

/** Files of tests that wait for browsers, sockets and processes: what they need may come late on a busy machine. */
const WAITING = ["browser", "chaos", "unit/bench", "unit/cli", "unit/donor", "unit/gateway", "unit/http", "unit/ops"].map(
  (folder) => `tests/${folder}/`,
);
/** When more files than this failed it was not for want of a processor. */
const MAX_AGAIN = 3;

/**
 * @typedef {{ tests: { file: string, name: string, state: string }[], outside: { file: string, why: string }[], isWhole: boolean, isGood: boolean }} Result
 *   `outside`: what failed outside of a test, in a file or (`file` "") in none. `isGood`: the runner itself says that all is well.
 */

/**
 * The files to run once more, alone: none where anything failed that computes alone, and has no excuse.
 * @param {Result} result
 * @returns {string[]}
 */
export function filesToRunAgain({ tests, outside }) {
  const files = [...new Set([...tests.filter(hasFailed), ...outside].map(({ file }) => file))];
  const isExcused = files.length <= MAX_AGAIN && files.every((file) => WAITING.some((folder) => file.startsWith(folder)));
  return isExcused ? files : [];
}

/**
 * How many passed, the names of what failed, and of what failed first and passed alone. What was left out has failed.
 * @param {Result | undefined} first
 * @param {Result | undefined} second of `filesToRunAgain`
 */
export function countOf(first, second) {
  if (!first) return { passed: 0, failures: ["the tests did not run to their end"], again: [] };
  const passedAlone = second?.isGood && !second.tests.some(hasNotPassed) ? second.tests : [];
  const saved = new Set(passedAlone.map(keyOf));
  const savedFiles = new Set(passedAlone.map(({ file }) => file));
  const wrong = first.tests.filter(hasNotPassed);
  const failures = wrong
    .filter((test) => !(hasFailed(test) && saved.has(keyOf(test))))
    .map(({ name, state }) => (state === "failed" ? name : `${name} (was ${state})`));
  for (const { file, why } of first.outside)
    if (!savedFiles.has(file)) failures.push(`${file || "outside of any file"}, outside of a test: ${why}`);
  if (!first.isWhole) failures.push("the tests were interrupted");
  else if (!first.isGood && wrong.length === 0 && first.outside.length === 0) failures.push("the run of the tests failed outside of them");
  if (first.tests.length === 0) failures.push("no test ran");
  const again = wrong.filter((test) => hasFailed(test) && saved.has(keyOf(test))).map(({ name }) => name);
  return { passed: first.tests.length - wrong.length + again.length, failures, again };
}

function hasFailed({ state }) {
  return state === "failed";
}

function hasNotPassed({ state }) {
  return state !== "passed";
}

function keyOf({ file, name }) {
  return `${file} ${name}`;
}
