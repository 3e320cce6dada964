/** Sites that may show the widget, and what their visitors gave. */
import { type Selectable, sql, type Transaction } from "kysely";
import type { SiteId } from "../../shared/ids.ts";
import { hourOf, type SiteRow } from "../core/site-store.ts";
import type { Settled } from "../core/store.ts";
import type { Database } from "./database.ts";
import type { LeftOut } from "./left-out.ts";
import { allInRange, SITE_RULES, siteTextFault } from "./row-rules.ts";
import type { Tables } from "./tables.ts";

const IN_RANGE = sql<boolean>`${sql.raw(allInRange(SITE_RULES))}`;

/** A row that this program cannot have written is none: it is left out and noted. */
export class Sites {
  private readonly database: Database;
  private readonly leftOut: LeftOut;

  constructor(database: Database, leftOut: LeftOut) {
    this.database = database;
    this.leftOut = leftOut;
  }

  async put(origin: string, name: string, now: number): Promise<SiteRow> {
    await this.database
      .insertInto("sites")
      .values({ origin, name, created_at: now, off_at: null, counted_from: now })
      .onConflict((conflict) => conflict.column("origin").doUpdateSet({ name, off_at: null }))
      .execute();
    const row = await this.of(origin);
    if (!row) throw new Error(`The row of ${origin} in the database is none that this program wrote.`);
    return row;
  }

  async of(origin: string): Promise<SiteRow | undefined> {
    // SQLite takes a text for one that ends at its first NUL.
    return (await this.sound(sql<boolean>`origin = ${origin}`)).find((row) => row.origin === origin);
  }

  async at(id: SiteId): Promise<SiteRow | undefined> {
    return (await this.sound(sql<boolean>`id = ${id}`))[0];
  }

  async all(): Promise<SiteRow[]> {
    return await this.sound(sql<boolean>`1`);
  }

  async switchOff(id: SiteId, now: number): Promise<boolean> {
    const result = await this.database
      .updateTable("sites")
      .where("id", "=", id)
      .where("off_at", "is", null)
      .set({ off_at: now })
      .executeTakeFirst();
    return result.numUpdatedRows > 0n;
  }

  private async sound(wanted: ReturnType<typeof sql<boolean>>): Promise<SiteRow[]> {
    const beyond = await this.database
      .selectFrom("sites")
      .select(sql<string>`CAST(id AS TEXT)`.as("number"))
      .where(wanted)
      .where(sql<boolean>`NOT (${IN_RANGE})`)
      .execute();
    for (const { number } of beyond) this.leftOut.note(`site ${number} (a number beyond its range)`);
    const rows = await this.database.selectFrom("sites").selectAll().where(wanted).where(IN_RANGE).orderBy("id").execute();
    return rows
      .filter((row) => {
        const fault = siteTextFault(row);
        if (fault !== undefined) this.leftOut.note(`site ${row.id} (${fault})`);
        return fault === undefined;
      })
      .map(siteRow);
  }
}

/** What one commit gives to sites: totals alone, nobody of whom they are. */
export class SiteBatch {
  /** By hour, then by site. */
  private readonly given = new Map<number, Map<SiteId, { units: number; credit: number }>>();

  /** A replica that is final, at `at`, ms. What earns nothing was verified by nobody independent, or is worth nothing. */
  earn({ site, credit }: Settled, at: number): void {
    if (site === undefined || credit <= 0) return;
    const hour = hourOf(at);
    const sites = this.given.get(hour) ?? new Map<SiteId, { units: number; credit: number }>();
    const given = sites.get(site) ?? { units: 0, credit: 0 };
    this.given.set(hour, sites.set(site, { units: given.units + 1, credit: given.credit + credit }));
  }

  async write(trx: Transaction<Tables>): Promise<void> {
    for (const [hour, sites] of this.given) {
      for (const [site, { units, credit }] of sites) {
        await sql`UPDATE sites SET units = min(${Number.MAX_SAFE_INTEGER}, units + ${units}), credit = credit + ${credit},
          units_before = iif(hour = ${hour}, units_before, units), credit_before = iif(hour = ${hour}, credit_before, credit),
          hour = ${hour} WHERE id = ${site} AND off_at IS NULL`.execute(trx);
      }
    }
  }
}

function siteRow(row: Selectable<Tables["sites"]>): SiteRow {
  const { id, origin, name, created_at, off_at, units, credit, counted_from } = row;
  return {
    ...{ id, origin, name, createdAt: created_at, offAt: off_at },
    given: { units, credit, since: counted_from },
    before: { hour: row.hour, units: row.units_before, credit: row.credit_before },
  };
}
