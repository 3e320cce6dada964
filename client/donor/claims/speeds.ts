/** GPU time a unit, by job, as measured here. */

/** Weight of the newest unit. */
const LEARNING_RATE = 0.2;
/** Clocks are quantised: a unit is never believed to be shorter. */
const SHORTEST_MICROS = 20;

export class Speeds {
  private readonly micros = new Map<number, number>();

  learn(job: number, gpuMicros: number): void {
    const now = Math.max(SHORTEST_MICROS, gpuMicros);
    const old = this.micros.get(job);
    this.micros.set(job, old === undefined ? now : old + LEARNING_RATE * (now - old));
  }

  unitMillis(job: number): number | null {
    const micros = this.micros.get(job);
    return micros === undefined ? null : micros / 1000;
  }

  secondsPerUnit(job: number): number | null {
    const micros = this.micros.get(job);
    return micros === undefined ? null : micros / 1e6;
  }
}
