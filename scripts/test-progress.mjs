// A reporter beside vitest's own: says what runs while nothing else is said, and ends a run in which nothing comes to its end.
const SAY_AFTER_MS = 30_000;
const LOOK_EVERY_MS = 5_000;
/** Longer than any single test or hook may take, by far: what is silent for so long hangs outside of them. */
const END_AFTER_MS = 600_000;

export default class Progress {
  /** By file: since when it runs, and the test that runs in it. */
  #running = new Map();
  #left = 0;
  #movedAt = Date.now();
  #saidAt = Date.now();
  #timer;

  onTestRunStart(files) {
    this.#left = files.length;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  onTestRunEnd() {
    clearInterval(this.#timer);
  }

  onTestModuleStart({ relativeModuleId }) {
    this.#running.set(relativeModuleId, { since: Date.now(), test: "" });
    this.#moved();
  }

  onTestModuleEnd({ relativeModuleId }) {
    this.#running.delete(relativeModuleId);
    this.#left--;
    this.#saidAt = Date.now();
    this.#moved();
  }

  onTestCaseReady({ module, fullName }) {
    const running = this.#running.get(module.relativeModuleId);
    if (running) running.test = fullName;
  }

  onTestCaseResult() {
    this.#moved();
  }

  #moved() {
    this.#movedAt = Date.now();
  }

  #look() {
    const now = Date.now();
    if (now - this.#saidAt >= SAY_AFTER_MS) {
      this.#saidAt = now;
      console.log(`… ${this.#left} files to go. ${this.#words(now)}`);
    }
    if (now - this.#movedAt < END_AFTER_MS) return;
    console.log(`✗ nothing came to its end for ${END_AFTER_MS / 60_000} minutes. ${this.#words(now)}`);
    process.exit(1);
  }

  #words(now) {
    const files = [...this.#running].map(([file, { since, test }]) => {
      const seconds = Math.round((now - since) / 1000);
      return `${file} (${seconds} s${test ? `: ${test}` : ""})`;
    });
    return `Running: ${files.join(", ") || "none"}.`;
  }
}
