/** Boxes on sites: whose they are, and when their yes was last taken back. */
import type { Kysely, Transaction } from "kysely";
import type { AccountId } from "../../shared/ids.ts";
import type { BoxRow, BoxStore } from "../core/box-store.ts";
import type { Tables } from "./tables.ts";

export class SqliteBoxes implements BoxStore {
  private readonly database: Kysely<Tables>;

  constructor(database: Kysely<Tables>) {
    this.database = database;
  }

  async keep({ account, keeper, site, keptAt: kept_at }: BoxRow): Promise<void> {
    await this.database
      .insertInto("boxes")
      .values({ account, keeper, site, kept_at })
      .onConflict((conflict) => conflict.column("account").doUpdateSet({ keeper, site, kept_at }))
      .execute();
  }

  async keptBy(keepers: readonly AccountId[]): Promise<BoxRow[]> {
    return await this.database
      .selectFrom("boxes")
      .select(["account", "keeper", "site", "kept_at as keptAt"])
      .where("keeper", "in", keepers)
      .orderBy("kept_at")
      .execute();
  }

  async takeBack(keepers: readonly AccountId[], now: number): Promise<AccountId[]> {
    const rows = await this.database
      .updateTable("boxes")
      .set({ taken_back_at: now })
      .where("keeper", "in", keepers)
      .returning("account")
      .execute();
    return rows.map(({ account }) => account);
  }

  async takenBackAt(account: AccountId): Promise<number | null> {
    const row = await this.database.selectFrom("boxes").select("taken_back_at").where("account", "=", account).executeTakeFirst();
    return row?.taken_back_at ?? null;
  }
}

/** As a box, and as who keeps some. */
export async function forgetBoxes(trx: Transaction<Tables>, account: AccountId): Promise<void> {
  await trx
    .deleteFrom("boxes")
    .where(({ eb, or }) => or([eb("account", "=", account), eb("keeper", "=", account)]))
    .execute();
}
