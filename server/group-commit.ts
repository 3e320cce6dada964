/**
 * Group commit: operations of a few milliseconds, from everybody, are one transaction; while it is written the next one
 * collects. When a commit fails memory is ahead of disk, and nothing is written any more: the process must stop.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Store, StoreOp } from "./core/store.ts";

/** How long operations collect before they are written, ms. */
const COMMIT_DELAY_MS = 2;
/** Or as long as the last transaction took, up to this, ms: much of what one costs is the same however many share it. */
const MAX_COMMIT_DELAY_MS = 16;
/** A transaction takes no further event from so many operations on: the event loop stands still while SQLite writes. */
const MAX_BATCH_OPS = 8_192;

export interface GroupCommitOptions<Notice> {
  store: Pick<Store, "commit">;
  /** Told of each transaction once it is on disk, and how long that took, ms. */
  onCommit: ((operations: number, millis: number) => void) | undefined;
  /** What is on disk now, and what was to be told then. */
  onWritten: (ops: readonly StoreOp[], notices: readonly Notice[]) => void;
  /** Must call `fail`. */
  onFailure: (error: unknown) => void;
}

interface Batch<Notice> {
  ops: StoreOp[];
  notices: Notice[];
  /** It is being written: nothing joins it any more. */
  sealed: boolean;
  written: Promise<void>;
  settle: { resolve: () => void; reject: (error: unknown) => void };
}

export class GroupCommit<Notice> {
  private readonly options: GroupCommitOptions<Notice>;
  /** The first is being written, the last collects. */
  private readonly batches: Batch<Notice>[] = [];
  private writer: Promise<void> | null = null;
  private failure: { error: unknown } | null = null;
  private waiting = 0;

  constructor(options: GroupCommitOptions<Notice>) {
    this.options = options;
  }

  /** Operations that wait for the disk. */
  get pending(): number {
    return this.waiting;
  }

  /** Nothing is taken once a commit has failed: memory is ahead of disk for good. */
  add(ops: readonly StoreOp[], notices: readonly Notice[]): void {
    if (this.failure) return;
    let batch = this.batches.at(-1);
    if (!batch || batch.sealed || batch.ops.length >= MAX_BATCH_OPS) {
      batch = newBatch();
      this.batches.push(batch);
    }
    for (const op of ops) batch.ops.push(op);
    for (const notice of notices) batch.notices.push(notice);
    this.waiting += ops.length;
    this.writer ??= this.write();
  }

  /** Resolves when all that was added so far is on disk; rejects once a commit has failed. */
  async written(): Promise<void> {
    await this.batches.at(-1)?.written;
    if (this.failure) throw this.failure.error;
  }

  *unwritten(): Iterable<readonly StoreOp[]> {
    for (const { ops } of this.batches) yield ops;
  }

  /** Whoever waits is told. */
  fail(error: unknown): void {
    this.failure ??= { error };
    for (const batch of this.batches) batch.settle.reject(error);
  }

  /** Writes batch after batch until none collects; there is one at a time. */
  private async write(): Promise<void> {
    const { store, onCommit, onWritten, onFailure } = this.options;
    await delay(COMMIT_DELAY_MS);
    try {
      for (let batch = this.batches[0]; batch; batch = this.batches[0]) {
        batch.sealed = true;
        const begun = performance.now();
        await store.commit(batch.ops);
        const millis = performance.now() - begun;
        this.batches.shift();
        this.waiting -= batch.ops.length;
        batch.settle.resolve();
        onCommit?.(batch.ops.length, millis);
        onWritten(batch.ops, batch.notices);
        // Lets the answers out and the next events in.
        await delay(Math.min(MAX_COMMIT_DELAY_MS, Math.max(COMMIT_DELAY_MS, millis)));
      }
      this.writer = null;
    } catch (error) {
      onFailure(error);
    }
  }
}

function newBatch<Notice>(): Batch<Notice> {
  let settle: Batch<Notice>["settle"] | undefined;
  const written = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject };
  });
  // Whoever waits hears of a failure; when nobody does, onFailure has it.
  written.catch(ignoreReported);
  if (!settle) throw new Error("a promise runs its executor at once");
  return { ops: [], notices: [], sealed: false, written, settle };
}

/** The failure went to onFailure. */
function ignoreReported(): void {}
