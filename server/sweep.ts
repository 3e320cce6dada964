/** Removes the blobs of results that lost, at the start and every hour; never one that something refers to or may come to. */
import type { Logger } from "pino";
import type { BlobHash } from "../shared/ids.ts";
import type { Coordinator } from "./coordinator.ts";
import type { OpenBackup, Store } from "./core/store.ts";
import type { DiskBlobs } from "./store/blobs.ts";
import { blobsOfJob } from "./store/referenced.ts";

const SWEPT_EVERY_MS = 3_600_000;
/** Younger ones stay: a package that is being submitted may have brought the same bytes, and its job has no row yet. */
const MIN_AGE_MS = 3_600_000;
/** Looked at together. */
const MAX_CANDIDATES = 256;

export interface SweepParts {
  store: Store;
  blobs: DiskBlobs;
  coordinator: Pick<Coordinator, "watchBlobs">;
  /** ms since 1970. */
  clock: () => number;
  log: Logger;
}

export class Sweep {
  private readonly parts: SweepParts;
  /** Backups that are open: they read every blob that was there when they began. */
  private backups = 0;
  private timer: NodeJS.Timeout | null = null;
  private running: Promise<number> | null = null;
  private closed = false;

  constructor(parts: SweepParts) {
    this.parts = parts;
  }

  start(): void {
    const sweep = () => {
      this.run().catch((error: unknown) => this.parts.log.error({ err: error }, "Results that lost were not cleared away."));
    };
    this.timer = setInterval(sweep, SWEPT_EVERY_MS);
    this.timer.unref();
    sweep();
  }

  /** Resolves with how many blobs were removed. One run at a time. */
  async run(): Promise<number> {
    this.running ??= this.sweep().finally(() => {
      this.running = null;
    });
    return await this.running;
  }

  /** Nothing is removed while the backup is open. */
  async waitFor(open: () => Promise<OpenBackup>): Promise<OpenBackup> {
    let left = false;
    const leave = () => {
      if (!left) this.backups--;
      left = true;
    };
    this.backups++;
    try {
      const { parts, close } = await open();
      return { parts, close: () => close().finally(leave) };
    } catch (error) {
      leave();
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    if (this.timer) clearInterval(this.timer);
    await this.running?.catch(ignoreLogged);
  }

  private async sweep(): Promise<number> {
    const { store, coordinator } = this.parts;
    // What is written from here on is seen by the watch, what was before by the store.
    const watch = coordinator.watchBlobs();
    try {
      let removed = 0;
      for (;;) {
        const candidates = new Set(await store.garbage(MAX_CANDIDATES));
        const kept = await this.dropReferenced(candidates);
        const gone = this.removeFrom(candidates, watch.needed(candidates));
        for (const hash of gone) await store.dropGarbage(hash);
        removed += gone.length;
        if (kept + gone.length === 0 || this.closed) return removed;
      }
    } finally {
      watch.end();
    }
  }

  /** Takes from `candidates` what a job refers to: such a blob stays for good. How many. */
  private async dropReferenced(candidates: Set<BlobHash>): Promise<number> {
    if (candidates.size === 0) return 0;
    const { store, blobs } = this.parts;
    let dropped = 0;
    for (const job of await store.jobs()) {
      for await (const { hash } of blobsOfJob(job, blobs)) {
        if (!candidates.delete(hash)) continue;
        await store.dropGarbage(hash);
        dropped++;
      }
    }
    return dropped;
  }

  /** In the same turn as what is needed was looked at. */
  private removeFrom(candidates: ReadonlySet<BlobHash>, needed: ReadonlySet<string>): BlobHash[] {
    if (this.backups > 0 || this.closed) return [];
    const before = this.parts.clock() - MIN_AGE_MS;
    return [...candidates].filter((hash) => !needed.has(hash) && this.parts.blobs.removeOlder(hash, before));
  }
}

/** Whoever started it has the failure. */
function ignoreLogged(): void {}
