/** Turns the journal of a page into one row, and what lost into garbage. */

import { type Kysely, sql, type Transaction } from "kysely";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import { messageOf } from "../../shared/thrown.ts";
import { isOver, PAGE_UNITS } from "../core/store.ts";
import { pack } from "./packed.ts";
import { DamagedPage, type PageUnit, replay } from "./page.ts";
import type { Tables } from "./tables.ts";

/** One step takes no further page of a job that is over from so many pages or replicas on: commits wait while it is written. */
const STEP_PAGES = 16;
const STEP_REPLICAS = 1_024;

/** The units of a page as its journal has them; empty when it has none. */
export async function readJournal(database: Kysely<Tables>, job: JobId, page: number): Promise<Map<number, PageUnit>> {
  const rows = await database
    .selectFrom("journal")
    .select(["seq", "body"])
    .where("job", "=", job)
    .where("page", "=", page)
    .orderBy("seq")
    .execute();
  const units = new Map<number, PageUnit>();
  for (const { seq, body } of rows) replayRow(units, { job, page, seq, body });
  return units;
}

/** `replay` of one row of the journal; what it throws says which one. */
export function replayRow(units: Map<number, PageUnit>, row: { job: JobId; page: number; seq: number; body: Uint8Array }): void {
  try {
    replay(units, row.body);
  } catch (error) {
    const why = messageOf(error);
    throw new DamagedPage(`page ${row.page} of job ${row.job}, journal row ${row.seq}: ${why}`, { cause: error });
  }
}

/** Pages of a job that are not packed, ascending. */
export async function openPages(database: Kysely<Tables>, job: JobId): Promise<number[]> {
  const rows = await database.selectFrom("journal").select("page").distinct().where("job", "=", job).orderBy("page").execute();
  return rows.map((row) => row.page);
}

/** What an open replica of the job is: void once the job is over, though its page may not be packed yet. */
export async function openOutcome(database: Kysely<Tables>, job: JobId): Promise<"open" | "void"> {
  const row = await database.selectFrom("jobs").select("state").where("id", "=", job).executeTakeFirst();
  return row && isOver(row) ? "void" : "open";
}

/** Packs a page of which nothing will change any more. Rejects with `DamagedPage` when its journal contradicts itself. */
export async function packPage(trx: Transaction<Tables>, job: JobId, page: number): Promise<void> {
  await keepPacked(trx, job, page, await readJournal(trx, job, page));
}

/**
 * Packs the next pages of a job that is over and voids their escrow: nothing of it will be verified any more. One short
 * transaction; whoever calls it again goes on where it was, after a crash too. Whether pages are left.
 */
export async function packOpenPages(database: Kysely<Tables>, job: JobId): Promise<boolean> {
  return await database.transaction().execute(async (trx) => {
    let replicas = 0;
    let page = await firstOpenPage(trx, job);
    for (let pages = 0; page !== undefined && pages < STEP_PAGES && replicas < STEP_REPLICAS; pages++) {
      replicas += await breakOff(trx, job, page);
      page = await firstOpenPage(trx, job);
    }
    return page !== undefined;
  });
}

async function firstOpenPage(trx: Transaction<Tables>, job: JobId): Promise<number | undefined> {
  const row = await trx.selectFrom("journal").select("page").where("job", "=", job).orderBy("page").limit(1).executeTakeFirst();
  return row?.page;
}

/** How many replicas the page has. */
async function breakOff(trx: Transaction<Tables>, job: JobId, page: number): Promise<number> {
  const units = await readJournal(trx, job, page);
  const escrow = new Map<number, number>();
  let count = 0;
  for (const { replicas } of units.values()) {
    count += replicas.length;
    for (const { account, credit, outcome } of replicas) {
      if (outcome === "open") escrow.set(account, (escrow.get(account) ?? 0) + credit);
    }
  }
  for (const [account, credit] of escrow) {
    await sql`UPDATE accounts SET credit_escrow = credit_escrow - ${credit} WHERE id = ${account}`.execute(trx);
  }
  await keepPacked(trx, job, page, units);
  return count;
}

async function keepPacked(trx: Transaction<Tables>, job: JobId, page: number, units: ReadonlyMap<number, PageUnit>): Promise<void> {
  await trx
    .insertInto("pages")
    .values({ job, page, body: pack(units) })
    .execute();
  await trx.deleteFrom("journal").where("job", "=", job).where("page", "=", page).execute();
  await dropLosers(trx, job, page, units);
}

/** Long results that are not canonical go; their blobs are garbage unless another unit has the same. */
async function dropLosers(trx: Transaction<Tables>, job: JobId, page: number, units: ReadonlyMap<number, PageUnit>): Promise<void> {
  const first = page * PAGE_UNITS;
  const rows = await trx
    .selectFrom("results")
    .select(["unit", "digest", (eb) => eb("bytes", "is", null).as("blob")])
    .where("job", "=", job)
    .where("unit", ">=", first as UnitIndex)
    .where("unit", "<", (first + PAGE_UNITS) as UnitIndex)
    .execute();
  for (const { unit, digest, blob } of rows) {
    const state = units.get(unit - first);
    const canonical = state?.ended === "final" ? state.results[0]?.digest : undefined;
    if (canonical && Buffer.compare(canonical, digest) === 0) continue;
    await trx.deleteFrom("results").where("job", "=", job).where("unit", "=", unit).where("digest", "=", digest).execute();
    if (!blob) continue;
    await trx
      .insertInto("garbage")
      .values({ digest })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
