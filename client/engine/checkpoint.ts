/**
 * What is kept of a unit that is not done: where it is, and what its buffers hold there. Another engine of the same plan, on
 * any device, goes on from it and comes to the same bytes.
 */
import { total } from "../../shared/total.ts";
import type { Place } from "./controller.ts";
import type { Engine, OpenedUnit } from "./seam.ts";

export interface Checkpoint {
  place: Place;
  /** What `Engine.save` answered. */
  state: Uint8Array<ArrayBuffer>;
  /** GPU time that was spent on the unit until then, microseconds. */
  gpuMicros: number;
}

/** Who keeps the checkpoints of one unit. */
export interface Keeper {
  /** GPU time between two of them, microseconds. */
  everyMicros: number;
  /** Larger states are not kept, bytes. */
  maxStateBytes: number;
  /** Where the unit goes on, null when it begins. */
  from: Checkpoint | null;
  take(checkpoint: Checkpoint): void;
}

/** One unit and its keeper. */
export class Keeping {
  private readonly engine: Engine;
  private readonly keeper: Keeper;
  /** GPU time of what has run, and at the last checkpoint. */
  private micros: number;
  private keptMicros: number;
  private isSaving = false;

  constructor(engine: Engine, keeper: Keeper) {
    this.engine = engine;
    this.keeper = keeper;
    this.micros = keeper.from?.gpuMicros ?? 0;
    this.keptMicros = this.micros;
  }

  /** The unit was opened. */
  begin(opened: OpenedUnit): void {
    const { from } = this.keeper;
    if (from) this.engine.restore(opened, from.state, from.place.done > 0 ? from.place : null);
  }

  ran(micros: number): void {
    this.micros += micros;
  }

  /** Saves the unit, all of which up to `place` is recorded, when it is time. Without room for it the unit goes on all the same. */
  keep(opened: OpenedUnit, place: Place, times: readonly Promise<number>[]): void {
    const { engine, keeper } = this;
    if (this.isSaving || engine.stateBytes > keeper.maxStateBytes || this.micros - this.keptMicros < keeper.everyMicros) return;
    this.isSaving = true;
    this.keptMicros = this.micros;
    Promise.all([engine.save(opened), Promise.all(times)])
      .then(([state, micros]) => keeper.take({ place, state, gpuMicros: total(micros) }))
      .catch(() => undefined)
      .finally(() => {
        this.isSaving = false;
      });
  }
}
