/**
 * The shell around the core: it brings the clock, makes the core's operations durable and lets the answers out.
 *
 * Events are stepped as they come. Whoever wrote, or might repeat what is still being written, is answered when that is on disk
 * (group-commit.ts); a claim writes nothing and is answered at once.
 */
import { IdlewaveError } from "../shared/errors.ts";
import { type BlobWatch, BlobWatches } from "./blob-watch.ts";
import { CoordinatorView } from "./coordinator-view.ts";
import { type AuditState, isAuditor } from "./core/audit.ts";
import type { Effect, Reply } from "./core/effects.ts";
import type { CoreEvent, JobSpec, Timeless } from "./core/events.ts";
import { checkSpec } from "./core/spec.ts";
import { step } from "./core/step.ts";
import { isOver, type JobRow, type Store, type StoreOp } from "./core/store.ts";
import { newDraw } from "./draw.ts";
import { GroupCommit } from "./group-commit.ts";
import { JobEndings } from "./job-endings.ts";
import { noteAuditor, takeUp } from "./take-up.ts";

export type { JobCounts } from "./coordinator-view.ts";

/** Operations that wait for the disk; above it submits are turned away. */
const MAX_PENDING_OPS = 65_536;
const TICK_MS = 1000;

export interface CoordinatorOptions {
  store: Store;
  /** The server's own clock, ms since 1970. */
  clock?: () => number;
  /** Memory is ahead of disk: the process must stop. Called once. */
  onFatal: (error: unknown) => void;
  /** Deadlines are looked at this often, ms; 0 = only on `tick` events. */
  tickMs?: number;
  /** Told of each group of operations once it is on disk, and how long that took, ms. */
  onCommit?: (operations: number, millis: number) => void;
  /** Share of agreed units that the auditor computes again, 0 to 1; the core's default when absent. */
  auditShare?: number;
  /** What measuring a job may take, ms, 0 for not at all; the core's default when absent. */
  canaryMs?: number;
  /** Told whether what volunteers agree on is looked at, when that changes; at first nobody does. */
  onAuditing?: (state: AuditState) => void;
  /** Told of each answer of the core. */
  onReply?: (event: CoreEvent["type"], reply: Reply) => void;
}

export type Notice = Exclude<Effect, { type: "store" | "reply" }>;

/** What the coordinator holds in memory now. */
export interface Load {
  hosts: number;
  leases: number;
  /** Operations that wait for the disk. */
  pendingOps: number;
}

export class Coordinator extends CoordinatorView {
  private readonly store: Store;
  private readonly clock: () => number;
  private readonly onFatal: (error: unknown) => void;
  private readonly onAuditing: ((state: AuditState) => void) | undefined;
  private toldAuditing: AuditState = "none";
  private readonly onReply: NonNullable<CoordinatorOptions["onReply"]> | undefined;
  private readonly listeners = new Set<(notice: Notice) => void>();
  private readonly commits: GroupCommit<Notice>;
  private readonly endings: JobEndings;
  private readonly blobs: BlobWatches;
  private failure: { error: unknown } | null = null;
  private closed = false;
  private ticker: NodeJS.Timeout | null = null;
  /** What the clock said last, and how far it was ever set back, ms. */
  private told = 0;
  private setBack = 0;

  private constructor(options: CoordinatorOptions) {
    super(options.auditShare, options.canaryMs);
    this.store = options.store;
    this.clock = options.clock ?? Date.now;
    this.onFatal = options.onFatal;
    this.onReply = options.onReply;
    this.onAuditing = options.onAuditing;
    this.commits = new GroupCommit({
      store: options.store,
      onCommit: options.onCommit,
      onWritten: (ops, notices) => {
        this.rows.note(ops);
        for (const op of ops) if (op.type === "job-state" && isOver(op)) this.endings.add(op.job);
        for (const notice of notices) this.tell(notice);
      },
      onFailure: (error) => this.fail(error),
    });
    this.endings = new JobEndings(options.store, (error) => this.fail(error));
    this.blobs = new BlobWatches(this.state, this.commits);
  }

  /** Takes up all jobs where the store left them. */
  static async open(options: CoordinatorOptions): Promise<Coordinator> {
    const coordinator = new Coordinator(options);
    await takeUp(coordinator.state, options.store, coordinator.rows, () => coordinator.now(), newDraw);
    for (const row of coordinator.rows.all()) if (isOver(row)) coordinator.endings.add(row.id);
    const tickMs = options.tickMs ?? TICK_MS;
    if (tickMs > 0) {
      coordinator.ticker = setInterval(() => void coordinator.dispatch({ type: "tick" }).catch(ignoreReported), tickMs);
      coordinator.ticker.unref();
    }
    return coordinator;
  }

  /** Stores a job and takes it into the core in the state of its row. Rejects a spec that no job can have. */
  async addJob(row: Omit<JobRow, "id">, spec: Omit<JobSpec, "id">): Promise<JobRow> {
    this.refuseWhenStopped();
    checkSpec(spec);
    const added = await this.store.addJob(row, spec);
    this.rows.add(added);
    await this.dispatch({ type: "job-added", spec: { ...spec, id: added.id }, state: added.state });
    return added;
  }

  /** Steps the core; the answer comes when what it rests on is on disk. Rejects once a commit has failed, or after `close`. */
  async dispatch(event: Timeless): Promise<Reply> {
    if (event.type === "host-joined" && isAuditor(event.facts)) await noteAuditor(this.store);
    this.refuseWhenStopped();
    const { crowded } = this;
    if (writes(event) && crowded) return crowded;
    const effects = this.step(Object.assign({ now: this.now(), draw: newDraw() }, event));
    if (event.type === "tick" || event.type === "host-joined" || event.type === "host-left") this.noteAuditing();
    const ops: StoreOp[] = [];
    const notices: Notice[] = [];
    let reply: Reply | undefined;
    for (const effect of effects) {
      if (effect.type === "store") ops.push(effect.op);
      else if (effect.type === "reply") reply = effect.reply;
      else notices.push(effect);
    }
    if (!reply) throw new Error(`no answer to ${event.type}`);
    this.onReply?.(event.type, reply);
    this.enqueue(ops, notices);
    if (ops.length > 0 || writes(event)) await this.commits.written();
    return reply;
  }

  /** As `dispatch`, of what is answered by no more than that it is done. Rejects with the error that is answered else. */
  async carryOut(event: Timeless): Promise<void> {
    const reply = await this.dispatch(event);
    if (reply.type === "error") throw new IdlewaveError(reply.code, reply.details);
  }

  /** The answer to what would be written while too much waits for the disk; null otherwise. */
  get crowded(): Extract<Reply, { type: "error" }> | null {
    if (this.commits.pending < MAX_PENDING_OPS) return null;
    return { type: "error", code: "too-fast", details: { limit: `${MAX_PENDING_OPS} operations wait for the disk`, retrySeconds: 1 } };
  }

  /** Resolves when all that was taken is on disk; rejects once a commit has failed. */
  async written(): Promise<void> {
    await this.commits.written();
  }

  watchBlobs(): BlobWatch {
    return this.blobs.open();
  }

  get load(): Load {
    return { hosts: this.state.hosts.size, leases: this.state.leases.size, pendingOps: this.commits.pending };
  }

  /** Told of what has become durable; a listener that throws stops the coordinator. Returns the way to stop listening. */
  on(listener: (notice: Notice) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Takes no more events and resolves when all that was taken is on disk and nothing more is written. The store stays open. */
  async close(): Promise<void> {
    this.closed = true;
    if (this.ticker) clearInterval(this.ticker);
    await this.commits.written().finally(() => this.endings.close());
  }

  private noteAuditing(): void {
    const { auditing } = this;
    if (auditing === this.toldAuditing) return;
    this.toldAuditing = auditing;
    this.onAuditing?.(auditing);
  }

  private step(event: CoreEvent): Effect[] {
    try {
      return step(this.state, event);
    } catch (error) {
      // The core is half-way through the event: nothing it remembers can be trusted.
      this.fail(error);
      throw error;
    }
  }

  protected override now(): number {
    const told = this.clock();
    // A clock that is set back must not bring a deadline back, nor hold one up until it is as late again.
    this.setBack += Math.max(0, this.told - told);
    this.told = told;
    return told + this.setBack;
  }

  private enqueue(ops: StoreOp[], notices: Notice[]): void {
    if (ops.length === 0) {
      // What says nothing of the disk need not wait for it.
      for (const notice of notices) this.tell(notice);
      return;
    }
    this.blobs.note(ops);
    this.commits.add(ops, notices);
  }

  private fail(error: unknown): void {
    if (this.failure) return;
    this.failure = { error };
    if (this.ticker) clearInterval(this.ticker);
    this.commits.fail(error);
    void this.endings.close();
    this.onFatal(error);
  }

  private tell(notice: Notice): void {
    if (notice.type === "unit-final") this.rows.noteFinal(notice.job, this.now());
    for (const listener of this.listeners) listener(notice);
  }

  private refuseWhenStopped(): void {
    if (this.failure) throw this.failure.error;
    if (this.closed) throw new IdlewaveError("shutting-down");
  }
}

const DURABLE: ReadonlySet<Timeless["type"]> = new Set([
  "submit",
  "signed",
  "bytes",
  "check-report",
  "forget",
  "device-linked",
  "device-revoked",
  "member-joined",
  "member-left",
  "pool-off",
]);

/** Answers to these promise that what was taken is on disk, even when this event itself wrote nothing. */
function writes(event: Timeless): boolean {
  return DURABLE.has(event.type);
}

/** The failure went to onFatal. */
function ignoreReported(): void {}
