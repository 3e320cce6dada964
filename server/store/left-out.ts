/** Rows that this program cannot have written: whoever reads for many leaves them out, and says of each once that it did. */

/** Of so many at most it is said. */
const MOST_TOLD = 1_000;

export class LeftOut {
  private readonly told = new Set<string>();
  private readonly tell: (what: string) => void;

  /** `tell` hears of each row, in words: "site 3: its origin is none." */
  constructor(tell: (what: string) => void) {
    this.tell = tell;
  }

  note(what: string): void {
    if (this.told.has(what) || this.told.size >= MOST_TOLD) return;
    this.told.add(what);
    this.tell(what);
  }
}
