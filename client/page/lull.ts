/** Nothing runs and no unit is open: worth a word once it has lasted, as it does not between two units. */
const LASTS_MS = 3_000;

export class Lull {
  private readonly onLasted: () => void;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hasLasted = false;

  /** `onLasted`: it has lasted from now on. */
  constructor(onLasted: () => void) {
    this.onLasted = onLasted;
  }

  /** Told at each change whether it is so now. Answers whether it has lasted. */
  take(isQuiet: boolean): boolean {
    if (!isQuiet) {
      clearTimeout(this.timer);
      this.timer = undefined;
      this.hasLasted = false;
    } else {
      this.timer ??= setTimeout(() => {
        this.hasLasted = true;
        this.onLasted();
      }, LASTS_MS);
    }
    return this.hasLasted;
  }
}
