/**
 * Follows one job's final units: hands each, with its bytes, to its readers exactly once; first those that were final
 * before, then those that become final. It reads when asked, not when it happens, so nobody pays for unseen jobs. A unit whose
 * bytes are missing is left out and looked for again later: the others are shown.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import type { Coordinator } from "../coordinator.ts";
import type { BlobStore } from "../core/blob-store.ts";
import { type FinalRow, PAGE_UNITS, pageOf, type Store } from "../core/store.ts";

/** Rows read in one go; the event loop gets its turn between. */
const READ_ROWS = 128;
/** Units that may wait to be read; above it everything is read anew. */
const MAX_PENDING = 65_536;
/** Bytes that are missing are looked for again after so long. */
const MISSING_RETRY_MS = 60_000;

export interface FinalReader {
  /** Forget all units: they will be told again. */
  reset(): void;
  unit(unit: UnitIndex, bytes: Uint8Array): void | Promise<void>;
}

interface FollowerSource {
  coordinator: Pick<Coordinator, "on">;
  store: Pick<Store, "final" | "finals">;
  blobs: BlobStore;
  clock: () => number;
  /** Told of the first of the units that are left out. */
  onFailure: (error: unknown) => void;
}

export class Follower {
  private readonly job: JobId;
  private readonly source: FollowerSource;
  private readonly readers: readonly FinalReader[];
  private readonly stopListening: () => void;
  private readonly pending = new Set<UnitIndex>();
  private readonly told = new UnitSet();
  private scanned = false;
  /** Final units whose bytes were not there, and when to look again; above MAX_PENDING everything is read anew then. */
  private readonly missing = new Set<UnitIndex>();
  private lookAgainAt = 0;
  private reading: Promise<void> | null = null;

  constructor(job: JobId, source: FollowerSource, readers: readonly FinalReader[]) {
    this.job = job;
    this.source = source;
    this.readers = readers;
    this.stopListening = source.coordinator.on((effect) => {
      if (effect.type !== "unit-final" || effect.job !== job) return;
      if (this.pending.size < MAX_PENDING) this.pending.add(effect.unit);
      else this.scanned = false;
    });
  }

  /** What it remembers of units, in memory. */
  get bytes(): number {
    return this.told.bytes;
  }

  /** Whether the readers have seen every unit that was final at the last refresh. */
  get isWhole(): boolean {
    return this.missing.size === 0;
  }

  /** Resolves when the readers have seen all that was final at the call and has its bytes. */
  async refresh(): Promise<void> {
    while (this.reading) await this.reading;
    this.reading = this.read().finally(() => {
      this.reading = null;
    });
    await this.reading;
  }

  close(): void {
    this.stopListening();
  }

  private async read(): Promise<void> {
    if (this.missing.size > 0 && this.source.clock() >= this.lookAgainAt) this.lookAgain();
    if (!this.scanned) await this.scanAll();
    const due = [...this.pending];
    for (const unit of due) {
      const row = await this.source.store.final(this.job, unit);
      if (!row) continue; // what could not be read stays due
      await this.tell(row);
      this.pending.delete(unit);
    }
  }

  private lookAgain(): void {
    if (this.missing.size < MAX_PENDING) for (const unit of this.missing) this.pending.add(unit);
    else this.scanned = false;
    this.missing.clear();
  }

  private async scanAll(): Promise<void> {
    // Before it starts: an overflow of pending meanwhile asks for another.
    this.scanned = true;
    try {
      await this.scan();
    } catch (error) {
      this.scanned = false;
      throw error;
    }
  }

  private async scan(): Promise<void> {
    this.pending.clear();
    this.told.clear();
    this.missing.clear();
    for (const reader of this.readers) reader.reset();
    let from = 0 as UnitIndex;
    for (;;) {
      const rows = await this.source.store.finals(this.job, from, READ_ROWS);
      for (const row of rows) {
        await this.tell(row);
        this.pending.delete(row.unit); // it became final while we read on
      }
      const last = rows.at(-1);
      if (!last || rows.length < READ_ROWS) return;
      from = (last.unit + 1) as UnitIndex;
      await nextTurn();
    }
  }

  private async tell(row: FinalRow): Promise<void> {
    if (this.told.has(row.unit)) return; // read by the scan before its event came
    const bytes = await storedResult(row, this.source.blobs);
    if (!bytes) return this.leaveOut(row);
    this.told.add(row.unit);
    for (const reader of this.readers) await reader.unit(row.unit, bytes);
  }

  private leaveOut(row: FinalRow): void {
    if (this.missing.size === 0) {
      this.lookAgainAt = this.source.clock() + MISSING_RETRY_MS;
      this.source.onFailure(missingBytes(row));
    }
    if (this.missing.size < MAX_PENDING) this.missing.add(row.unit);
  }
}

/** A set of units as bits, in pages of units. */
class UnitSet {
  private readonly pages = new Map<number, Uint8Array>();

  has(unit: UnitIndex): boolean {
    const byte = this.pages.get(pageOf(unit))?.[(unit % PAGE_UNITS) >> 3] ?? 0;
    return (byte & (1 << (unit & 7))) !== 0;
  }

  add(unit: UnitIndex): void {
    const number = pageOf(unit);
    let page = this.pages.get(number);
    if (!page) {
      page = new Uint8Array(PAGE_UNITS / 8);
      this.pages.set(number, page);
    }
    const at = unit % PAGE_UNITS;
    page[at >> 3] = (page[at >> 3] ?? 0) | (1 << (at & 7));
  }

  get bytes(): number {
    return this.pages.size * (PAGE_UNITS / 8);
  }

  clear(): void {
    this.pages.clear();
  }
}

/** The canonical bytes of a final unit. Throws when they are missing. */
export async function resultOf(row: FinalRow, blobs: BlobStore): Promise<Uint8Array> {
  const bytes = await storedResult(row, blobs);
  if (!bytes) throw missingBytes(row);
  return bytes;
}

async function storedResult(row: FinalRow, blobs: BlobStore): Promise<Uint8Array | undefined> {
  return row.bytes ?? (await blobs.get(row.digest as Parameters<BlobStore["get"]>[0]));
}

function missingBytes(row: FinalRow): Error {
  return new Error(`the bytes of unit ${row.unit}, ${row.digest}, are missing`);
}
