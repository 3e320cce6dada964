// A reporter: writes what each test came to, and what failed outside of all tests, to the file that TEST_RESULT_FILE names.
import { writeFileSync } from "node:fs";

export default class Result {
  onTestRunEnd(modules, unhandled, reason) {
    const tests = [];
    const outside = unhandled.map((error) => ({ file: "", why: firstLine(error) }));
    for (const module of modules) {
      const file = module.relativeModuleId;
      for (const error of errorsOf(module)) outside.push({ file, why: firstLine(error) });
      for (const test of module.children.allTests()) tests.push({ file, name: test.fullName, state: test.result().state });
    }
    writeFileSync(process.env.TEST_RESULT_FILE, JSON.stringify({ tests, outside, isWhole: reason !== "interrupted" }));
  }
}

/** Of the file itself and of its groups: what an import or a hook threw. */
function errorsOf(module) {
  return [module, ...module.children.allSuites()].flatMap((part) => part.errors());
}

function firstLine({ message }) {
  return String(message).split("\n")[0];
}
