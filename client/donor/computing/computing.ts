/**
 * Units through the GPU: takes the next one that is held, has it computed, and puts what came of it into the outbox; what
 * failed is computed again, left to others, or the end of the run (setbacks.ts).
 */

import type { JobStatus } from "../../../shared/api.ts";
import { messageOf } from "../../../shared/thrown.ts";
import type { ReplicaStatus } from "../../../shared/wire.ts";
import { TooLong } from "../../engine/driver.ts";
import { isEndless } from "../../engine/engine-error.ts";
import type { Bulletin } from "../bulletin.ts";
import type { Barred } from "../claims/barred.ts";
import type { Choice } from "../claims/choice.ts";
import type { Claims, Task } from "../claims/claims.ts";
import { Setbacks } from "../claims/setbacks.ts";
import { Speeds } from "../claims/speeds.ts";
import type { Supply } from "../claims/supply.ts";
import { sha256 } from "../digest.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Report } from "../report.ts";
import type { SessionState } from "../session-state.ts";
import type { DonorPhase } from "../state.ts";
import type { Checkpoints } from "./checkpoints.ts";
import { tileOf } from "./tile-of.ts";
import { type Bench, TooLarge, Uncompiled, type Workshop } from "./workshop.ts";

/** Whoever waits is woken by what changes; this is only so that a forgotten wake-up is no end. */
const LONGEST_WAIT_MS = 60_000;
/** Finished bytes that may wait to be sent before computing pauses, and how long it pauses before looking again. */
const MAX_UNSENT_BYTES = 256 * 1024 * 1024;
const UNSENT_PAUSE_MS = 1_000;

type Failure = Exclude<ReplicaStatus, "ok">;

export interface ComputingParts {
  inputs: Inputs;
  barred: Barred;
  claims: Claims;
  checkpoints: Checkpoints;
  choice: Choice;
  supply: Supply;
  outbox: Outbox;
  bulletin: Bulletin;
  report: Report;
  state: SessionState;
  /** Something changed that may end a wait. */
  onChange: () => void;
  /** The run cannot go on. */
  onEnd: (phase: DonorPhase) => void;
  isStopped: () => boolean;
}

export class Computing {
  readonly setbacks = new Setbacks();
  readonly speeds = new Speeds();
  private readonly parts: ComputingParts;
  /** Units that were given to the driver, until they are in the outbox or were given up. */
  private readonly ending = new Set<Promise<void>>();
  /** Units of which the GPU has something, or had. */
  private readonly onGpu = new Set<Task>();

  constructor(parts: ComputingParts) {
    this.parts = parts;
  }

  /** Units of which the GPU has begun something; those that wait in the driver are none. */
  get begun(): number {
    return this.onGpu.size;
  }

  /** Resolves when what the GPU had begun is in the outbox or was given up. */
  async settled(): Promise<void> {
    await Promise.all(this.ending);
  }

  /** One turn: a unit into the driver, or how long to wait for something to change, in milliseconds. */
  async step(workshop: Workshop | undefined): Promise<number> {
    if (workshop?.uncompiled) await this.over(this.endless(workshop.uncompiled.status, true));
    if (!workshop || workshop.isHung || this.parts.state.isHeld) return LONGEST_WAIT_MS;
    const { supply, claims, checkpoints, outbox, inputs, bulletin, state } = this.parts;
    if (state.isUp) void supply.refill(this.speeds.unitMillis(bulletin.job));
    const { pauseMs } = this.setbacks;
    if (pauseMs > 0) return pauseMs;
    if (outbox.bytes > MAX_UNSENT_BYTES) return UNSENT_PAUSE_MS;
    const task = claims.next();
    if (!task) return LONGEST_WAIT_MS;
    try {
      const bench = await workshop.bench(task.job);
      bulletin.take(bench.status);
      if (state.phase.kind !== "running") state.set({ kind: "running" });
      const keeper = checkpoints.keeper(task, bench.status.plan, bench.engine);
      const computation = await workshop.compute(bench, task, (progress) => this.progress(task, progress), keeper);
      this.setbacks.started();
      const ending = computation.outcome
        .then(
          ({ bytes, gpuMicros }) => this.finished(bench, task, bytes, gpuMicros),
          (error: unknown) => this.ended(bench, task, error),
        )
        .finally(() => {
          this.ending.delete(ending);
          this.onGpu.delete(task);
        });
      this.ending.add(ending);
      inputs.fetchAhead(bench.plan, claims.upcoming(task.job));
      await computation.wantsNext;
    } catch (error) {
      if (error instanceof Uncompiled) await this.over(this.endless(error.status, true, task));
      else this.interrupted(task, error);
    }
    return 0;
  }

  private progress(task: Task, share: number): void {
    const { job, unit } = task;
    if (share >= 1) return;
    if (!this.onGpu.has(task)) this.parts.report.soon();
    this.onGpu.add(task);
    this.parts.report.unit({ job, unit, state: "running", progress: share });
  }

  private async finished(bench: Bench, task: Task, bytes: Uint8Array, gpuMicros: number): Promise<void> {
    const { outbox, claims, report, onChange } = this.parts;
    this.speeds.learn(task.job, gpuMicros);
    const digest = await sha256(bytes);
    const shelved = outbox.add({ job: task.job, unit: task.unit, token: task.token, status: "ok", gpuMicros, digest, bytes });
    claims.finished(task);
    report.finished(bench.status, task.unit, gpuMicros, tileOf(bench.plan, bytes));
    onChange();
    await shelved;
    this.parts.checkpoints.drop(task);
  }

  /** A unit that was on the GPU did not finish. */
  private async ended({ status }: Bench, task: Task, error: unknown): Promise<void> {
    if (!isEndless(error)) return this.interrupted(task, error);
    await this.endless(status, false, task).catch((fault: unknown) => this.fail(fault));
  }

  /**
   * The kernel does not end, or its compilation: the run does, this host never takes the kernel again, and the coordinator hears
   * of it where a unit waited for that.
   */
  private async endless({ id, title, plan }: JobStatus, compiling: boolean, task?: Task): Promise<void> {
    const { barred, choice, claims, onEnd } = this.parts;
    // Of the units in the chunk that hangs one is enough.
    const told = choice.leave(id) ? task : undefined;
    if (told) claims.finished(told);
    await barred.add(plan);
    onEnd({ kind: "endless", job: id, title, compiling });
    if (told) await this.tell(told, "device-lost");
  }

  /** What is awaited before all is put away; what goes wrong with it ends the run. */
  private async over(ending: Promise<void>): Promise<void> {
    const settled = ending.catch((fault: unknown) => this.fail(fault)).finally(() => this.ending.delete(settled));
    this.ending.add(settled);
    await settled;
  }

  /** A unit did not finish. */
  private interrupted(task: Task, error: unknown): void {
    const { claims, state, onEnd, isStopped } = this.parts;
    if (isStopped()) return;
    const remedy = this.setbacks.judge(error, state.isUp, `${task.job}:${task.unit}`);
    if (remedy.kind === "leave") {
      this.leave(task, error, remedy.told).catch((fault: unknown) => this.fail(fault));
      return;
    }
    claims.again(task);
    if (remedy.kind === "end") onEnd({ kind: "device-lost", times: this.setbacks.losses, final: true });
  }

  /** The job cannot be computed here: its units go to someone else, and one is told to have failed unless it is the network's fault. */
  private async leave(task: Task, error: unknown, status: Failure | null): Promise<void> {
    const { choice, claims, checkpoints, state, supply, report } = this.parts;
    const reason = error instanceof TooLarge ? "memory" : error instanceof TooLong ? "long-pieces" : null;
    // As large as it is it stays; another budget is another session's.
    const told = choice.leave(task.job, reason === "memory" ? Number.POSITIVE_INFINITY : undefined) ? status : null;
    checkpoints.drop(task);
    if (told) claims.finished(task);
    state.set(reason ? { kind: "on-hold", reason, until: null } : { kind: "failed", message: messageOf(error) });
    await claims.release({ job: task.job }).catch(() => undefined); // they run out by themselves
    report.soon();
    supply.hurry();
    if (told) await this.tell(task, told);
  }

  private async tell({ job, unit, token }: Task, status: Failure): Promise<void> {
    const nothing = { gpuMicros: 0, digest: new Uint8Array(32), bytes: new Uint8Array(0) };
    await this.parts.outbox.add({ job, unit, token, status, ...nothing });
  }

  private fail(error: unknown): void {
    this.parts.onEnd({ kind: "failed", message: messageOf(error) });
  }
}
