/** Turns the journal of a page into one row, and what lost into garbage. */
import type { Kysely, Transaction } from "kysely";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import { PAGE_UNITS } from "../core/store.ts";
import { pack } from "./packed.ts";
import { type PageUnit, replay } from "./page.ts";
import type { Tables } from "./tables.ts";

/** The units of a page as its journal has them; empty when it has none. */
export async function readJournal(database: Kysely<Tables>, job: JobId, page: number): Promise<Map<number, PageUnit>> {
  const rows = await database.selectFrom("journal").select("body").where("job", "=", job).where("page", "=", page).orderBy("seq").execute();
  return replay(rows.map((row) => row.body));
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

/** Packs what is left of a job that is over. Returns the credit that was still in escrow, by account. */
export async function packOpenPages(trx: Transaction<Tables>, job: JobId): Promise<Map<number, number>> {
  const escrow = new Map<number, number>();
  for (const page of await openPages(trx, job)) {
    const units = await readJournal(trx, job, page);
    for (const { replicas } of units.values()) {
      for (const { account, credit, outcome } of replicas) {
        if (outcome === "open") escrow.set(account, (escrow.get(account) ?? 0) + credit);
      }
    }
    await keepPacked(trx, job, page, units);
  }
  return escrow;
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
