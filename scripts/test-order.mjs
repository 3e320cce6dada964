// The order of test files: those that drive browsers or whole programs take minutes, so they begin first, and the short ones fill up beside them.
import { BaseSequencer } from "vitest/node";

/** Beginnings of paths, what takes longest first. */
const LONG = [
  ...["donor", "page.test", "widget", "end-to-end", "page-", "pool", ""].map((name) => `tests/browser/${name}`),
  "tests/unit/bench/",
  "tests/unit/cli/",
  "tests/chaos/",
  "tests/simulation/",
];

export default class LongFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId }) => {
      const found = LONG.findIndex((beginning) => moduleId.includes(`/${beginning}`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
