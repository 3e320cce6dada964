/**
 * Compares results of units, where a job does that within a tolerance: one after the other, once their bytes are on disk, and
 * tells the core. Two results are in memory at a time, and others have their turn between slices of them. What is waiting is
 * known from the state after a restart.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Logger } from "pino";
import { comparing, isTolerant, type Likeness } from "../shared/comparator.ts";
import { type Difference, differenceAt, differenceOf } from "../shared/difference.ts";
import type { BlobHash, JobId, UnitIndex } from "../shared/ids.ts";
import type { JobPlan } from "../shared/plan.ts";
import type { Plans } from "./access/plans.ts";
import type { Coordinator } from "./coordinator.ts";
import type { BlobStore } from "./core/blob-store.ts";
import type { CoreEvent } from "./core/events.ts";
import type { Distance, ToCompare } from "./core/likeness.ts";
import type { Store } from "./core/store.ts";

/** Of longer results nobody is told where they differ, unless they are compared all the same: it takes a turn of the event loop. */
const MAX_DIFFERENCE_BYTES = 8 << 20;

interface ComparerParts {
  coordinator: Pick<Coordinator, "on" | "uncompared" | "isUncompared" | "dispatch">;
  store: Pick<Store, "result">;
  blobs: Pick<BlobStore, "get">;
  plans: Pick<Plans, "of">;
  log: Pick<Logger, "error">;
}

export class Comparer {
  private readonly parts: ComparerParts;
  private readonly stopListening: () => void;
  private waiting: ToCompare[] = [];
  private running: Promise<void> | null = null;
  private closed = false;

  constructor(parts: ComparerParts) {
    this.parts = parts;
    this.stopListening = parts.coordinator.on((notice) => {
      if (notice.type === "compare") this.add(notice);
    });
    for (const each of parts.coordinator.uncompared()) this.add(each);
  }

  /** What waits is compared after the next start. */
  async close(): Promise<void> {
    this.closed = true;
    this.stopListening();
    await this.running;
  }

  private add(each: ToCompare): void {
    this.waiting.push(each);
    this.running ??= this.run();
  }

  private async run(): Promise<void> {
    // What is told together is stepped together.
    await nextTurn();
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      for (const each of batch) {
        if (this.closed) return;
        // Else its unit, or the job, has ended meanwhile.
        if (!this.parts.coordinator.isUncompared(each)) continue;
        const event = await this.compared(each);
        // The answer waits for the disk, and comparing does not. A coordinator that has stopped says so to whoever asks it.
        this.parts.coordinator.dispatch(event).catch(ignoreStopped);
      }
    }
    this.running = null;
  }

  private async compared(each: ToCompare): Promise<Omit<Extract<CoreEvent, { type: "compared" }>, "now" | "draw">> {
    const { job, unit, digest, others } = each;
    const distances: { to: string; distance: Distance }[] = [];
    const differences: { to: string; difference: Difference }[] = [];
    let mine: Uint8Array | undefined;
    for (const to of [digest, ...others]) {
      let distance: Distance = null;
      try {
        const [self] = distances;
        if (self?.distance !== "unread") {
          mine ??= await this.bytesOf(job, unit, digest);
          const { plan } = await this.parts.plans.of(job);
          const theirs = to === digest ? mine : await this.bytesOf(job, unit, to);
          if (isTolerant(plan)) {
            const { isAlike, far, ...found } = await likenessOf(plan, mine, theirs);
            if (isAlike) distance = found.distance;
            if (!isAlike && far && to !== digest) differences.push({ to, difference: differenceAt(plan, mine, theirs, far) });
          } else if (to === digest) distance = 0;
          else if (mine.byteLength <= MAX_DIFFERENCE_BYTES) {
            const difference = differenceOf(plan, mine, theirs);
            if (difference) differences.push({ to, difference });
          }
        }
      } catch (err) {
        // Others compute the unit.
        distance = "unread";
        const isOurs = !this.closed && this.parts.coordinator.isUncompared(each);
        if (isOurs) this.parts.log.error({ err, job, unit, digest: to }, "A result could not be compared.");
      }
      distances.push({ to, distance });
    }
    const told = differences.length > 0 ? { differences } : {};
    return { type: "compared", job, unit, digest, distances, ...told };
  }

  private async bytesOf(job: JobId, unit: UnitIndex, digest: string): Promise<Uint8Array> {
    const row = await this.parts.store.result(job, unit, digest);
    const bytes = row?.bytes ?? (row && (await this.parts.blobs.get(digest as BlobHash)));
    if (!bytes) throw new Error(`the bytes of ${digest} are missing`);
    return bytes;
  }
}

async function likenessOf(plan: JobPlan, one: Uint8Array, other: Uint8Array): Promise<Likeness> {
  const comparison = comparing(plan, one, other);
  for (;;) {
    const { done, value } = comparison.next();
    if (done) return value;
    await nextTurn();
  }
}

/** Whoever stopped it knows. */
function ignoreStopped(): void {}
