/** Sites that may show the widget. */
import type { Selectable } from "kysely";
import type { SiteRow } from "../core/store.ts";
import type { Database } from "./database.ts";
import type { Tables } from "./tables.ts";

export async function putSite(database: Database, origin: string, name: string, now: number): Promise<SiteRow> {
  const row = await database
    .insertInto("sites")
    .values({ origin, name, created_at: now, off_at: null })
    .onConflict((conflict) => conflict.column("origin").doUpdateSet({ name, off_at: null }))
    .returningAll()
    .executeTakeFirstOrThrow();
  return siteRow(row);
}

export async function siteOf(database: Database, origin: string): Promise<SiteRow | undefined> {
  const row = await database.selectFrom("sites").selectAll().where("origin", "=", origin).executeTakeFirst();
  return row && siteRow(row);
}

export async function allSites(database: Database): Promise<SiteRow[]> {
  return (await database.selectFrom("sites").selectAll().orderBy("id").execute()).map(siteRow);
}

export async function switchSiteOff(database: Database, id: number, now: number): Promise<boolean> {
  const result = await database
    .updateTable("sites")
    .where("id", "=", id)
    .where("off_at", "is", null)
    .set({ off_at: now })
    .executeTakeFirst();
  return result.numUpdatedRows > 0n;
}

function siteRow({ id, origin, name, created_at, off_at }: Selectable<Tables["sites"]>): SiteRow {
  return { id, origin, name, createdAt: created_at, offAt: off_at };
}
