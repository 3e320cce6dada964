/**
 * Follows one job's final units: hands each, with its bytes, to its readers exactly once; first those that were final
 * before, then those that become final. It reads when asked, not when it happens, so nobody pays for unseen jobs.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import type { Coordinator } from "../coordinator.ts";
import type { BlobStore, FinalRow, Store } from "../core/store.ts";

/** Rows read in one go; the event loop gets its turn between. */
const READ_ROWS = 128;
/** Units that may wait to be read; above it everything is read anew. */
const MAX_PENDING = 65_536;

export interface FinalReader {
  /** Forget all units: they will be told again. */
  reset(): void;
  unit(unit: UnitIndex, bytes: Uint8Array): void;
}

export class Follower {
  private readonly job: JobId;
  private readonly store: Pick<Store, "final" | "finals">;
  private readonly blobs: BlobStore;
  private readonly readers: readonly FinalReader[];
  private readonly stopListening: () => void;
  private readonly pending = new Set<UnitIndex>();
  private readonly told = new UnitSet();
  private scanned = false;
  private reading: Promise<void> | null = null;

  constructor(
    job: JobId,
    source: { coordinator: Pick<Coordinator, "on">; store: Pick<Store, "final" | "finals">; blobs: BlobStore },
    readers: readonly FinalReader[],
  ) {
    this.job = job;
    this.store = source.store;
    this.blobs = source.blobs;
    this.readers = readers;
    this.stopListening = source.coordinator.on((effect) => {
      if (effect.type !== "unit-final" || effect.job !== job) return;
      if (this.pending.size < MAX_PENDING) this.pending.add(effect.unit);
      else this.scanned = false;
    });
  }

  /** Resolves when the readers have seen all that was final at the call. */
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
    if (!this.scanned) await this.scanAll();
    const due = [...this.pending];
    for (const unit of due) {
      const row = await this.store.final(this.job, unit);
      if (row) await this.tell(row);
      this.pending.delete(unit); // what could not be read stays due
    }
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
    for (const reader of this.readers) reader.reset();
    let from = 0 as UnitIndex;
    for (;;) {
      const rows = await this.store.finals(this.job, from, READ_ROWS);
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
    const bytes = await resultOf(row, this.blobs);
    this.told.add(row.unit);
    for (const reader of this.readers) reader.unit(row.unit, bytes);
  }
}

const PAGE_UNITS = 4096;

/** A set of units as bits, in pages of units. */
class UnitSet {
  private readonly pages = new Map<number, Uint8Array>();

  has(unit: UnitIndex): boolean {
    const byte = this.pages.get(Math.floor(unit / PAGE_UNITS))?.[(unit % PAGE_UNITS) >> 3] ?? 0;
    return (byte & (1 << (unit & 7))) !== 0;
  }

  add(unit: UnitIndex): void {
    const number = Math.floor(unit / PAGE_UNITS);
    let page = this.pages.get(number);
    if (!page) {
      page = new Uint8Array(PAGE_UNITS / 8);
      this.pages.set(number, page);
    }
    const at = unit % PAGE_UNITS;
    page[at >> 3] = (page[at >> 3] ?? 0) | (1 << (at & 7));
  }

  clear(): void {
    this.pages.clear();
  }
}

/** The canonical bytes of a final unit. */
export async function resultOf(row: FinalRow, blobs: BlobStore): Promise<Uint8Array> {
  const bytes = row.bytes ?? (await blobs.get(row.digest as Parameters<BlobStore["get"]>[0]));
  if (!bytes) throw new Error(`the bytes of unit ${row.unit}, ${row.digest}, are missing`);
  return bytes;
}
