/** Reads units of a job, whether their page is packed or still has its journal. */

import { createHash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Kysely } from "kysely";
import { exactBytes, toHex } from "../../shared/bytes.ts";
import { type AccountId, type JobId, runsOf, type SiteId, type StatementId, type UnitIndex, type UnitRun } from "../../shared/ids.ts";
import { messageOf } from "../../shared/thrown.ts";
import { type FinalRow, type JobHistory, OVER, type OwnUnits, PAGE_UNITS, pageOf, type ReplicaRow } from "../core/store.ts";
import { unpack } from "./packed.ts";
import { openOutcome, openPages, readJournal, replayRow } from "./packing.ts";
import { DamagedPage, type PageResult, type PageUnit, type Sender } from "./page.ts";
import { Place } from "./records.ts";
import { signedAmong } from "./statements.ts";
import type { Tables } from "./tables.ts";

/** Pages that stay unpacked in memory. */
const MAX_PAGES = 8;
/** Pages that are looked into for one answer of an account's own units. */
const MAX_OWN_PAGES = 32;
const NO_DIGEST = new Uint8Array(0);

const PACKED = Number.POSITIVE_INFINITY;

interface CachedPage {
  /** Newest row of its journal, or PACKED. */
  seq: number;
  units: Map<number, PageUnit>;
}

export class PageReader {
  private readonly database: Kysely<Tables>;
  /** The oldest first. */
  private readonly cache = new Map<string, CachedPage>();

  constructor(database: Kysely<Tables>) {
    this.database = database;
  }

  async final(job: JobId, unit: UnitIndex): Promise<FinalRow | undefined> {
    const found = await this.unit(job, unit);
    return found && (await this.finalRow(job, unit, found));
  }

  /** A unit as its page has it; undefined when nobody has answered it. */
  async unit(job: JobId, unit: UnitIndex): Promise<PageUnit | undefined> {
    return (await this.page(job, pageOf(unit))).get(unit % PAGE_UNITS);
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
    const provenAt = await this.provenAt();
    const open: Omit<JobHistory["open"][number], "signed">[] = [];
    const due: UnitIndex[] = [];
    for (const page of await openPages(this.database, job)) {
      const state = [...(await readJournal(this.database, job, page))].sort(([a], [b]) => a - b);
      const final = state.filter(([, { ended }]) => ended === "final").map(([slot]) => (page * PAGE_UNITS + slot) as UnitIndex);
      runs.push(...runsOf(final));
      for (const [slot, unit] of state) {
        const index = (page * PAGE_UNITS + slot) as UnitIndex;
        if (!unit.ended) open.push(...openReplicas(job, index, unit, provenAt));
        if (unit.due) due.push(index);
      }
    }
    const signed = await signedAmong(this.database, new Set(open.map(({ statement }) => statement)));
    return { final: joined(runs), failed, open: open.map((row) => ({ ...row, signed: signed.has(row.statement) })), due };
  }

  /** When accounts were last proven wrong. */
  private async provenAt(): Promise<Map<number, number>> {
    const rows = await this.database.selectFrom("accounts").select(["id", "proven_at"]).where("proven_at", "is not", null).execute();
    return new Map(rows.map((row) => [row.id, row.proven_at ?? 0]));
  }

  /** Units below `before` that the account has a replica of, descending, at most `limit`, of at most MAX_OWN_PAGES pages. */
  async unitsOf(job: JobId, account: AccountId, before: number, limit: number): Promise<OwnUnits> {
    const rows = await this.database
      .selectFrom("page_accounts")
      .select("page")
      .where("account", "=", account)
      .where("job", "=", job)
      .where("page", "<=", pageOf(before - 1))
      .orderBy("page", "desc")
      .limit(MAX_OWN_PAGES + 1)
      .execute();
    const ifOpen = await openOutcome(this.database, job);
    const units: OwnUnits["units"] = [];
    for (const { page } of rows.slice(0, MAX_OWN_PAGES)) {
      const own: OwnUnits["units"] = [];
      for (const [slot, { replicas }] of await this.page(job, page)) {
        if (page * PAGE_UNITS + slot >= before) continue;
        const replica = replicas.find((other) => other.account === account);
        if (!replica) continue;
        const outcome = replica.outcome === "open" ? ifOpen : replica.outcome;
        own.push({ unit: (page * PAGE_UNITS + slot) as UnitIndex, outcome });
      }
      own.sort((a, b) => b.unit - a.unit);
      units.push(...own);
      if (units.length > limit) return { units: units.slice(0, limit), next: units[limit - 1]?.unit ?? null };
      await nextTurn();
    }
    const more = rows[MAX_OWN_PAGES];
    return { units, next: more ? (more.page + 1) * PAGE_UNITS : null };
  }

  /** Clusters of replicas that are open: of a job that is over none is, though its page may not be packed yet. */
  async *openClusters(): AsyncGenerator<string> {
    const pages = await this.database
      .selectFrom("journal")
      .innerJoin("jobs", "jobs.id", "journal.job")
      .where("state", "not in", OVER)
      .select(["job", "page"])
      .distinct()
      .execute();
    for (const { job, page } of pages) {
      for (const unit of (await readJournal(this.database, job, page)).values()) {
        if (unit.ended) continue;
        for (const { sender } of unit.replicas) if (sender) yield sender.cluster;
      }
      await nextTurn();
    }
  }

  /**
   * The units of a page. Each read is one statement, for a commit may pack the page between two: what is not in the journal any
   * more is in the packed page.
   */
  private async page(job: JobId, page: number): Promise<ReadonlyMap<number, PageUnit>> {
    const key = `${job}:${page}`;
    const known = this.cache.get(key);
    if (known?.seq === PACKED) return known.units;
    const rows = await this.journalAfter(job, page, known?.seq ?? 0);
    const isUnchanged = known && rows.length === 0 && (await this.isOpen(job, page));
    if (isUnchanged) return known.units;
    let found: CachedPage;
    if (rows.length > 0) {
      // Other readers may have added rows, or put the page out of the cache, since it was asked: each row counts once.
      found = newest(known, this.cache.get(key)) ?? { seq: 0, units: new Map() };
      for (const { seq, body } of rows) {
        if (seq <= found.seq) continue;
        replayRow(found.units, { job, page, seq, body });
        found.seq = seq;
      }
    } else found = { seq: PACKED, units: await this.packed(job, page) };
    this.cache.delete(key);
    // A page without a row may get one.
    if (found.units.size > 0) this.cache.set(key, found);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= MAX_PAGES) break;
      this.cache.delete(oldest);
    }
    return found.units;
  }

  private async packed(job: JobId, page: number): Promise<Map<number, PageUnit>> {
    const row = await this.database.selectFrom("pages").select("body").where("job", "=", job).where("page", "=", page).executeTakeFirst();
    if (!row) return new Map();
    try {
      return unpack(row.body);
    } catch (error) {
      const why = messageOf(error);
      throw new DamagedPage(`page ${page} of job ${job}: ${why}`, { cause: error });
    }
  }

  private async journalAfter(job: JobId, page: number, seq: number): Promise<{ seq: number; body: Uint8Array }[]> {
    return await this.database
      .selectFrom("journal")
      .select(["seq", "body"])
      .where("job", "=", job)
      .where("page", "=", page)
      .where("seq", ">", seq)
      .orderBy("seq")
      .execute();
  }

  private async isOpen(job: JobId, page: number): Promise<boolean> {
    const row = await this.database
      .selectFrom("journal")
      .select("seq")
      .where("job", "=", job)
      .where("page", "=", page)
      .limit(1)
      .executeTakeFirst();
    return row !== undefined;
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
    return result && (await this.resultRow(job, unit, result, state.at));
  }

  /** A result with its bytes, wherever they are. */
  async resultRow(job: JobId, unit: UnitIndex, result: PageResult, at: number): Promise<FinalRow> {
    if (result.bytes) {
      return { unit, digest: digestOf(result), bytes: exactBytes(result.bytes), at };
    }
    const digest = result.digest ?? NO_DIGEST;
    if (result.place === Place.Blob) return { unit, digest: toHex(digest), bytes: null, at };
    const row = await this.database
      .selectFrom("results")
      .select("bytes")
      .where("job", "=", job)
      .where("unit", "=", unit)
      .where("digest", "=", digest)
      .executeTakeFirst();
    if (!row?.bytes) throw new Error(`the bytes of unit ${unit} of job ${job} are missing`);
    return { unit, digest: toHex(digest), bytes: row.bytes, at };
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

/** Hexadecimal. */
export function digestOf({ digest, bytes }: PageResult): string {
  return toHex(digest ?? (bytes ? createHash("sha256").update(bytes).digest() : NO_DIGEST));
}

function openReplicas(
  job: JobId,
  unit: UnitIndex,
  { replicas, results }: PageUnit,
  provenAt: ReadonlyMap<number, number>,
): Omit<JobHistory["open"][number], "signed">[] {
  return replicas.map(({ account, status, gpuMicros, credit, statement, digest, sender }) => {
    if (!digest || !sender) throw new Error(`unit ${unit} of job ${job} is open in a packed page`);
    return {
      job,
      unit,
      account: account as AccountId,
      ...nameOf(sender),
      digest: toHex(digest),
      status,
      gpuMicros,
      credit,
      statement: statement as StatementId,
      struck: sender.at <= (provenAt.get(account) ?? Number.NEGATIVE_INFINITY),
      hasBytes: results.some((result) => result.digest && Buffer.compare(result.digest, digest) === 0),
    };
  });
}

function newest(one: CachedPage | undefined, other: CachedPage | undefined): CachedPage | undefined {
  return one && other && other.seq < one.seq ? one : (other ?? one);
}

function nameOf({ cluster, site, assignment, at }: Sender): Pick<ReplicaRow, "cluster" | "site" | "assignment" | "at"> {
  return { cluster, assignment: toHex(assignment), at, ...(site === undefined ? {} : { site: site as SiteId }) };
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
