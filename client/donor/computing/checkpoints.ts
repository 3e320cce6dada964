/**
 * Long units that are not done, kept while they run: after a lost device, or a reload or another start within the lease, they go on from there.
 *
 *   kept ─finished, given up or given back─▶ gone;  kept ─(another run)─▶ its lease is renewed ─▶ computed from there, or gone
 */
import type { JobId, UnitIndex } from "../../../shared/ids.ts";
import { MAX_TOKEN_BYTES } from "../../../shared/wire.ts";
import type { Checkpoint, Keeper } from "../../engine/checkpoint.ts";
import type { Engine } from "../../engine/seam.ts";
import type { Claims, Task } from "../claims/claims.ts";

/** GPU time between two checkpoints of a unit: what a reload may cost. */
export const EVERY_MICROS = 10_000_000;
/** A state larger than this is not worth a write every EVERY_MICROS. */
const MAX_STATE_BYTES = 64 * 1024 * 1024;
/** Units kept at once; only long ones are, and few of them run side by side. */
const MAX_KEPT = 4;

export interface KeptUnit {
  job: JobId;
  unit: UnitIndex;
  /** The assignment's, to renew it. */
  token: Uint8Array;
  row: Uint8Array | undefined;
  /** Hash of the plan that it was begun with. */
  plan: string;
  checkpoint: Checkpoint;
}

/** Where they outlive the run. */
export interface CheckpointShelf {
  load(): Promise<KeptUnit[]>;
  keep(key: string, unit: KeptUnit): Promise<void>;
  drop(keys: string[]): Promise<void>;
}

export class Checkpoints {
  private readonly shelf: CheckpointShelf | undefined;
  private readonly kept = new Map<string, KeptUnit>();

  constructor(shelf: CheckpointShelf | undefined) {
    this.shelf = shelf;
  }

  /** Takes up what an earlier run had begun, as far as it is still this account's to compute. */
  async takeUp(claims: Claims): Promise<void> {
    // A shelf that cannot be read costs the time that was spent, nothing else.
    const left = (await this.shelf?.load().catch(() => undefined)) ?? [];
    const sound = left.filter(isSound).slice(0, MAX_KEPT);
    const ours = new Set(await claims.takeUp(sound));
    for (const unit of sound) if (ours.has(unit)) this.kept.set(keyOf(unit), unit);
    await this.shelf?.drop(left.map(keyOf).filter((key) => !this.kept.has(key)));
  }

  keeper(task: Task, plan: string, engine: Engine): Keeper {
    const key = keyOf(task);
    const known = this.kept.get(key);
    const goesOn = known?.plan === plan && known.checkpoint.state.byteLength === engine.stateBytes;
    return {
      everyMicros: EVERY_MICROS,
      maxStateBytes: MAX_STATE_BYTES,
      from: goesOn ? known.checkpoint : null,
      take: (checkpoint) => {
        if (this.kept.size >= MAX_KEPT && !this.kept.has(key)) return;
        const { job, unit, token, row } = task;
        const kept = { job, unit, token, row, plan, checkpoint };
        this.kept.set(key, kept);
        // A full disk costs a reload the time that was spent, nothing else.
        this.shelf?.keep(key, kept).catch(() => undefined);
      },
    };
  }

  /** The unit is finished or given up. */
  drop(unit: Pick<KeptUnit, "job" | "unit">): void {
    if (this.kept.delete(keyOf(unit))) this.shelf?.drop([keyOf(unit)]).catch(() => undefined);
  }

  /** Whether the unit can go on in another run. */
  has(unit: Pick<KeptUnit, "job" | "unit">): boolean {
    return this.kept.has(keyOf(unit));
  }

  /** Every unit was given back. */
  clear(): void {
    for (const unit of [...this.kept.values()]) this.drop(unit);
  }
}

function keyOf({ job, unit }: Pick<KeptUnit, "job" | "unit">): string {
  return `${job}:${unit}`;
}

/** What lies on a disk may be of another release, or damaged. */
function isSound({ job, unit, token, row, plan, checkpoint }: KeptUnit): boolean {
  const counts = [job, unit, checkpoint?.place?.pass, checkpoint?.place?.iteration, checkpoint?.place?.done];
  return (
    counts.every((count) => Number.isSafeInteger(count) && count >= 0) &&
    token instanceof Uint8Array &&
    token.byteLength <= MAX_TOKEN_BYTES &&
    (row === undefined || row instanceof Uint8Array) &&
    typeof plan === "string" &&
    checkpoint.state instanceof Uint8Array &&
    checkpoint.gpuMicros >= 0
  );
}
