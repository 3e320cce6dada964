// The order of test files: those that drive browsers or whole programs take minutes, so they begin first, and the short ones fill up beside them.
import { BaseSequencer } from "vitest/node";

const LONG = ["tests/browser/", "tests/chaos/", "tests/unit/bench/", "tests/unit/cli/", "tests/simulation/"];

export default class LongFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId }) => {
      const found = LONG.findIndex((folder) => moduleId.includes(`/${folder}`));
      return found < 0 ? LONG.length : found;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
