/**
 * How many of the visitor's own units of one job wait and are final, counted where their credit is told, so that both are of
 * the same moment. Bounded: beyond MAX_OWN_UNITS the oldest final ones are counted and no longer known by index.
 */
import { MAX_OWN_UNITS } from "../../shared/picture.ts";
import type { OwnUnit } from "./state.ts";

export interface OwnCount {
  job: number;
  waiting: number;
  final: number;
}

export class Tally {
  private job = 0;
  private readonly waiting = new Set<number>();
  private readonly final = new Set<number>();
  private older = 0;

  /** Null before the coordinator told the job's own units. */
  get count(): OwnCount | null {
    return this.job === 0 ? null : { job: this.job, waiting: this.waiting.size, final: this.older + this.final.size };
  }

  /** All own units of a job; job 0 is none. */
  takeAll(job: number, units: readonly OwnUnit[]): void {
    this.job = job;
    this.older = 0;
    this.waiting.clear();
    this.final.clear();
    for (const unit of units) this.take(unit);
  }

  take({ job, unit, state }: OwnUnit): void {
    if (job !== this.job || state === "running") return;
    this.waiting.delete(unit);
    if (state === "final") this.final.add(unit);
    else if (state === "waiting" && !this.final.has(unit) && this.waiting.size < MAX_OWN_UNITS) this.waiting.add(unit);
    if (this.final.size <= MAX_OWN_UNITS) return;
    const [oldest] = this.final;
    this.final.delete(oldest as number);
    this.older++;
  }
}
