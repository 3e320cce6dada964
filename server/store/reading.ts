/** Reads units of a job, whether their page is packed or still has its journal. */
import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import { exactBytes } from "../../shared/bytes.ts";
import { type AccountId, type JobId, runsOf, type UnitIndex, type UnitRun } from "../../shared/ids.ts";
import { type FinalRow, type JobHistory, PAGE_UNITS, pageOf } from "../core/store.ts";
import { type Outcome, Place } from "./journal.ts";
import { unpack } from "./packed.ts";
import { openPages, readJournal } from "./packing.ts";
import type { PageUnit, Sender } from "./page.ts";
import type { Tables } from "./tables.ts";

/** Pages that stay unpacked in memory. */
const MAX_PAGES = 8;
const NO_DIGEST = new Uint8Array(0);

interface CachedPage {
  /** Newest row of its journal; 0 once it is packed. */
  seq: number;
  units: ReadonlyMap<number, PageUnit>;
}

export class PageReader {
  private readonly database: Kysely<Tables>;
  /** The oldest first. */
  private readonly cache = new Map<string, CachedPage>();

  constructor(database: Kysely<Tables>) {
    this.database = database;
  }

  async final(job: JobId, unit: UnitIndex): Promise<FinalRow | undefined> {
    const found = (await this.page(job, pageOf(unit))).get(unit % PAGE_UNITS);
    return found && (await this.finalRow(job, unit, found));
  }

  async finals(job: JobId, from: UnitIndex, limit: number): Promise<FinalRow[]> {
    const found: FinalRow[] = [];
    let page = await this.nextPage(job, pageOf(from));
    while (page !== undefined && found.length < limit) {
      const units = await this.page(job, page);
      for (let slot = page === pageOf(from) ? from % PAGE_UNITS : 0; slot < PAGE_UNITS && found.length < limit; slot++) {
        const unit = units.get(slot);
        const row = unit && (await this.finalRow(job, (page * PAGE_UNITS + slot) as UnitIndex, unit));
        if (row) found.push(row);
      }
      page = await this.nextPage(job, page + 1);
    }
    return found;
  }

  /** Packed pages of a job that goes on have ended, every unit of them. */
  async history(job: JobId, units: number, failed: UnitIndex[]): Promise<JobHistory> {
    const runs = await this.packedRuns(job, units, failed);
    const open: JobHistory["open"] = [];
    for (const page of await openPages(this.database, job)) {
      const state = [...(await readJournal(this.database, job, page))].sort(([a], [b]) => a - b);
      const final = state.filter(([, { ended }]) => ended === "final").map(([slot]) => (page * PAGE_UNITS + slot) as UnitIndex);
      runs.push(...runsOf(final));
      for (const [slot, unit] of state) if (!unit.ended) open.push(...openReplicas(job, (page * PAGE_UNITS + slot) as UnitIndex, unit));
    }
    return { final: joined(runs), failed, open };
  }

  /** Units below `before` that the account has a replica of, descending, at most `limit`. */
  async unitsOf(job: JobId, account: AccountId, before: number, limit: number): Promise<{ unit: UnitIndex; outcome: Outcome }[]> {
    const rows = await this.database
      .selectFrom("page_accounts")
      .select("page")
      .where("account", "=", account)
      .where("job", "=", job)
      .where("page", "<=", pageOf(before))
      .orderBy("page", "desc")
      .execute();
    const found: { unit: UnitIndex; outcome: Outcome }[] = [];
    for (const { page } of rows) {
      const own: typeof found = [];
      for (const [slot, { replicas }] of await this.page(job, page)) {
        if (page * PAGE_UNITS + slot >= before) continue;
        const replica = replicas.find((other) => other.account === account);
        if (replica) own.push({ unit: (page * PAGE_UNITS + slot) as UnitIndex, outcome: replica.outcome });
      }
      own.sort((a, b) => b.unit - a.unit);
      found.push(...own.slice(0, limit - found.length));
      if (found.length >= limit) break;
      await nextTurn();
    }
    return found;
  }

  /** Clusters of replicas whose page is not packed. */
  async *openClusters(): AsyncGenerator<string> {
    const pages = await this.database.selectFrom("journal").select(["job", "page"]).distinct().execute();
    for (const { job, page } of pages) {
      for (const unit of (await readJournal(this.database, job, page)).values()) {
        if (unit.ended) continue;
        for (const { sender } of unit.replicas) if (sender) yield sender.cluster;
      }
      await nextTurn();
    }
  }

  private async page(job: JobId, page: number): Promise<ReadonlyMap<number, PageUnit>> {
    const key = `${job}:${page}`;
    const known = this.cache.get(key);
    if (known?.seq === 0) return known.units;
    const seq = await this.newestRow(job, page);
    if (known && known.seq === seq) return known.units;
    const units = seq === 0 ? await this.packed(job, page) : await readJournal(this.database, job, page);
    this.cache.delete(key);
    // A page without a row may get one.
    if (units.size > 0) this.cache.set(key, { seq, units });
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= MAX_PAGES) break;
      this.cache.delete(oldest);
    }
    return units;
  }

  private async packed(job: JobId, page: number): Promise<ReadonlyMap<number, PageUnit>> {
    const row = await this.database.selectFrom("pages").select("body").where("job", "=", job).where("page", "=", page).executeTakeFirst();
    return row ? unpack(row.body) : new Map();
  }

  private async newestRow(job: JobId, page: number): Promise<number> {
    const row = await this.database
      .selectFrom("journal")
      .select((eb) => eb.fn.max("seq").as("seq"))
      .where("job", "=", job)
      .where("page", "=", page)
      .executeTakeFirst();
    return row?.seq ?? 0;
  }

  private async nextPage(job: JobId, from: number): Promise<number | undefined> {
    const next = async (table: "journal" | "pages") => {
      const row = await this.database
        .selectFrom(table)
        .select((eb) => eb.fn.min("page").as("page"))
        .where("job", "=", job)
        .where("page", ">=", from)
        .executeTakeFirst();
      return row?.page ?? Number.POSITIVE_INFINITY;
    };
    const page = Math.min(await next("journal"), await next("pages"));
    return Number.isFinite(page) ? page : undefined;
  }

  private async finalRow(job: JobId, unit: UnitIndex, state: PageUnit): Promise<FinalRow | undefined> {
    const result = state.ended === "final" ? state.results[0] : undefined;
    if (!result) return undefined;
    const { at } = state;
    if (result.bytes) {
      const digest = result.digest ?? createHash("sha256").update(result.bytes).digest();
      return { unit, digest: hex(digest), bytes: exactBytes(result.bytes), at };
    }
    const digest = result.digest ?? NO_DIGEST;
    if (result.place === Place.Blob) return { unit, digest: hex(digest), bytes: null, at };
    const row = await this.database
      .selectFrom("results")
      .select("bytes")
      .where("job", "=", job)
      .where("unit", "=", unit)
      .where("digest", "=", digest)
      .executeTakeFirst();
    if (!row?.bytes) throw new Error(`the bytes of unit ${unit} of job ${job} are missing`);
    return { unit, digest: hex(digest), bytes: row.bytes, at };
  }

  /** As many runs as there are gaps, however many units. */
  private async packedRuns(job: JobId, units: number, failed: readonly UnitIndex[]): Promise<UnitRun[]> {
    const rows = await this.database.selectFrom("pages").select("page").where("job", "=", job).orderBy("page").execute();
    const holes = failed.values();
    let hole = holes.next();
    const runs: UnitRun[] = [];
    for (const { page } of rows) {
      let start = page * PAGE_UNITS;
      const end = Math.min(start + PAGE_UNITS, units);
      for (; !hole.done && hole.value < end; hole = holes.next()) {
        if (hole.value < start) continue;
        if (hole.value > start) runs.push({ start: start as UnitIndex, length: hole.value - start });
        start = hole.value + 1;
      }
      if (start < end) runs.push({ start: start as UnitIndex, length: end - start });
    }
    return runs;
  }
}

function openReplicas(job: JobId, unit: UnitIndex, { replicas, results }: PageUnit): JobHistory["open"] {
  return replicas.map(({ account, status, gpuMicros, credit, digest, sender }) => {
    if (!digest || !sender) throw new Error(`unit ${unit} of job ${job} is open in a packed page`);
    return {
      job,
      unit,
      account: account as AccountId,
      ...nameOf(sender),
      digest: hex(digest),
      status,
      gpuMicros,
      credit,
      hasBytes: results.some((result) => result.digest && Buffer.compare(result.digest, digest) === 0),
    };
  });
}

function nameOf({ cluster, assignment, at }: Sender): { cluster: string; assignment: string; at: number } {
  return { cluster, assignment: hex(assignment), at };
}

/** Sorts runs that do not overlap, and joins those that touch. */
function joined(runs: UnitRun[]): UnitRun[] {
  runs.sort((a, b) => a.start - b.start);
  const joint: UnitRun[] = [];
  for (const run of runs) {
    const last = joint.at(-1);
    if (last && last.start + last.length === run.start) last.length += run.length;
    else joint.push({ ...run });
  }
  return joint;
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}
