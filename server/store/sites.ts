/** Sites that may show the widget, and what their visitors gave. */
import { type Selectable, sql, type Transaction } from "kysely";
import type { SiteId } from "../../shared/ids.ts";
import type { SiteRow } from "../core/site-store.ts";
import type { Settled } from "../core/store.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

export async function putSite(database: Database, origin: string, name: string, now: number): Promise<SiteRow> {
  const row = await database
    .insertInto("sites")
    .values({ origin, name, created_at: now, off_at: null, counted_from: now })
    .onConflict((conflict) => conflict.column("origin").doUpdateSet({ name, off_at: null }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return siteRow(row);
}

export async function siteOf(database: Database, origin: string): Promise<SiteRow | undefined> {
  const row = await database.selectFrom("sites").selectAll().where("origin", "=", origin).executeTakeFirst();
  return row && siteRow(row);
}

export async function siteAt(database: Database, id: SiteId): Promise<SiteRow | undefined> {
  const row = await database.selectFrom("sites").selectAll().where("id", "=", id).executeTakeFirst();
  return row && siteRow(row);
}

export async function allSites(database: Database): Promise<SiteRow[]> {
  return (await database.selectFrom("sites").selectAll().orderBy("id").execute()).map(siteRow);
}

export async function switchSiteOff(database: Database, id: SiteId, now: number): Promise<boolean> {
  const result = await database
    .updateTable("sites")
    .where("id", "=", id)
    .where("off_at", "is", null)
    .set({ off_at: now })
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

/** What one commit gives to sites: totals alone, nobody of whom they are. */
export class SiteBatch {
  private readonly given = new Map<SiteId, { units: number; credit: number }>();

  /** A replica that is final. What earns nothing was verified by nobody independent, or is worth nothing. */
  earn({ site, credit }: Settled): void {
    if (site === undefined || credit <= 0) return;
    const given = this.given.get(site) ?? { units: 0, credit: 0 };
    this.given.set(site, { units: given.units + 1, credit: given.credit + credit });
  }

  async write(trx: Transaction<Tables>): Promise<void> {
    for (const [site, { units, credit }] of this.given) {
      await sql`UPDATE sites SET units = units + ${units}, credit = credit + ${credit} WHERE id = ${site} AND off_at IS NULL`.execute(trx);
    }
  }
}

function siteRow({ id, origin, name, created_at, off_at, units, credit, counted_from }: Selectable<Tables["sites"]>): SiteRow {
  return { id, origin, name, createdAt: created_at, offAt: off_at, given: { units, credit, since: counted_from } };
}
