/** The dose that the visitor turns to by Less and More, kept for their next visit. */
import type { Dose } from "../donor/state.ts";

export class Turning {
  private at = Number.NEGATIVE_INFINITY;

  /** Since it was turned on this visit, ms; infinite before that. */
  get sinceMs(): number {
    return performance.now() - this.at;
  }

  turn(dose: Dose): void {
    this.at = performance.now();
    void import("../donor/manners/kept-wishes.ts").then(({ keepDose }) => keepDose(dose));
  }

  /** What was chosen on an earlier visit; undefined where nothing was, or something has been on this one. */
  async recall(): Promise<Dose | undefined> {
    const { keptDose } = await import("../donor/manners/kept-wishes.ts");
    const dose = await keptDose();
    return this.sinceMs === Number.POSITIVE_INFINITY ? dose : undefined;
  }
}
