/**
 * What follows when a unit could not be computed here: a pause, the end of the run, or leaving its job to others. Whatever the
 * network did is no verdict on a job: only what the engine itself says of it is told to the coordinator.
 */
import type { ReplicaStatus } from "../../../shared/wire.ts";
import { DriverStopped } from "../../engine/driver.ts";
import { EngineError } from "../../engine/engine-error.ts";
import { NoAdapter } from "../adapter.ts";
import { InputError } from "../inputs/inputs.ts";

/** A device that is lost this often is left alone until the person says so. */
const MAX_LOSSES = 3;
/** Devices that a unit may be on when they are lost: the second time its job is taken to be the reason. */
const MAX_LOSSES_WITH_UNIT = 2;
/** The driver restarts; a device that is asked for at once may be lost at once. */
const AFTER_LOSS_MS = 1_500;
/** After a second loss Chromium has no adapter for two minutes; asked this often in vain, for three, it is not coming back. */
const MAX_SILENCES = 120;
/** Inputs that did not come are asked for again after this long, then after twice as long, and so on. */
const AFTER_MISS_MS = { first: 1_000, longest: 30_000 };
/** About two minutes: others may reach what we cannot. */
const MAX_MISSES = 8;

export type Remedy =
  /** Compute it again, after `pauseMs` of the setbacks. */
  | { kind: "again" }
  /** The device is lost for good. */
  | { kind: "end" }
  /** The job cannot be computed here. `told`: the kernel's fault or this GPU's, of which the coordinator hears; else null. */
  | { kind: "leave"; told: Exclude<ReplicaStatus, "ok"> | null };

export class Setbacks {
  private readonly now: () => number;
  private lossCount = 0;
  /** How often a device was lost with a unit on it. */
  private readonly lostWith = new Map<string, number>();
  private silences = 0;
  private misses = 0;
  private resumeAt = Number.NEGATIVE_INFINITY;

  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  get losses(): number {
    return this.lossCount;
  }

  /** Milliseconds in which nothing is to be started. */
  get pauseMs(): number {
    return Math.max(0, this.resumeAt - this.now());
  }

  /** A unit with all its inputs went to the GPU. */
  started(): void {
    this.silences = 0;
    this.misses = 0;
  }

  /** A device was lost. True when it is not asked for again. */
  lost(): boolean {
    this.lossCount++;
    this.pause(AFTER_LOSS_MS);
    return this.lossCount >= MAX_LOSSES;
  }

  /** Judges the error of a unit, by its name. `isUp`: the coordinator is there, so it is to blame for what does not come. */
  judge(error: unknown, isUp: boolean, unit: string): Remedy {
    if (error instanceof DriverStopped) return { kind: "again" };
    if (error instanceof EngineError && error.code === "device-lost") {
      this.pause(AFTER_LOSS_MS);
      const losses = (this.lostWith.get(unit) ?? 0) + 1;
      this.lostWith.set(unit, losses);
      return losses < MAX_LOSSES_WITH_UNIT ? { kind: "again" } : { kind: "leave", told: "device-lost" };
    }
    if (error instanceof NoAdapter) {
      this.pause(AFTER_LOSS_MS);
      this.silences++;
      return { kind: this.silences >= MAX_SILENCES ? "end" : "again" };
    }
    if (error instanceof InputError && error.transient) {
      this.pause(Math.min(AFTER_MISS_MS.longest, AFTER_MISS_MS.first * 2 ** this.misses));
      if (isUp) this.misses++;
      if (this.misses < MAX_MISSES) return { kind: "again" };
      this.misses = 0;
      return { kind: "leave", told: null };
    }
    return { kind: "leave", told: error instanceof EngineError ? "failed" : null };
  }

  private pause(ms: number): void {
    this.resumeAt = Math.max(this.resumeAt, this.now() + ms);
  }
}
