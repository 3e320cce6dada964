/** Turns the journal of a page into one row, and what lost into garbage. */

import { setImmediate as nextTurn } from "node:timers/promises";
import { type Kysely, sql, type Transaction } from "kysely";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import { messageOf } from "../../shared/thrown.ts";
import { PAGE_UNITS } from "../core/store.ts";
import { pack } from "./packed.ts";
import { DamagedPage, type PageUnit, replay } from "./page.ts";
import type { Tables } from "./tables.ts";

/** Pages of a job that is over, a transaction. */
const PAGES_AT_ONCE = 4;

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

/** Packs a page of which nothing will change any more. Rejects with `DamagedPage` when its journal contradicts itself. */
export async function packPage(trx: Transaction<Tables>, job: JobId, page: number): Promise<void> {
  await keepPacked(trx, job, page, await readJournal(trx, job, page));
}

/**
 * Packs what is left of a job that is over and voids its escrow: nothing of it will be verified any more. A few pages a
 * transaction, and others get their turn between; after a crash it goes on where it was.
 */
export async function packOpenPages(database: Kysely<Tables>, job: JobId): Promise<void> {
  const pages = await openPages(database, job);
  for (let from = 0; from < pages.length; from += PAGES_AT_ONCE) {
    await database.transaction().execute(async (trx) => {
      for (const page of pages.slice(from, from + PAGES_AT_ONCE)) await breakOff(trx, job, page);
    });
    await nextTurn();
  }
}

async function breakOff(trx: Transaction<Tables>, job: JobId, page: number): Promise<void> {
  const units = await readJournal(trx, job, page);
  const escrow = new Map<number, number>();
  for (const { replicas } of units.values()) {
    for (const { account, credit, outcome } of replicas) {
      if (outcome === "open") escrow.set(account, (escrow.get(account) ?? 0) + credit);
    }
  }
  for (const [account, credit] of escrow) {
    await sql`UPDATE accounts SET credit_escrow = credit_escrow - ${credit} WHERE id = ${account}`.execute(trx);
  }
  await keepPacked(trx, job, page, units);
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
