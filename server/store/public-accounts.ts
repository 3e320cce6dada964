/** Accounts as everybody may see them: what they did in pools is their pools' alone. */
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { AccountRow } from "../core/store.ts";
import type { LeftOut } from "./left-out.ts";
import { ACCOUNT_RULES, allInRange, KEY_STANDS } from "./row-rules.ts";
import { accountRow } from "./rows.ts";
import type { Tables } from "./tables.ts";

const STANDS = sql<boolean>`${sql.raw(`${allInRange(ACCOUNT_RULES)} AND ${KEY_STANDS}`)}`;

/** The most credit first. Who has joined a pool and done nothing for the public is left out, and a row that this program cannot have written. */
export async function publicAccounts(database: Kysely<Tables>, limit: number, leftOut: LeftOut): Promise<AccountRow[]> {
  const broken = await database
    .selectFrom((accounts) =>
      accounts
        .selectFrom("accounts")
        .select([sql<string>`CAST(id AS TEXT)`.as("number"), STANDS.as("stands")])
        .where("public_key", "is not", null)
        .orderBy("credit_final", "desc")
        .orderBy("id")
        .limit(limit)
        .as("first"),
    )
    .select("number")
    .where(sql<boolean>`NOT stands`)
    .execute();
  for (const { number } of broken) leftOut.note(`account ${number} (a number beyond its range, or a key that is none)`);
  const rows = await database
    .selectFrom("accounts")
    .selectAll()
    .select((eb) => [
      inPools(eb, "submitted", 0).as("submitted"),
      inPools(eb, "final", 0).as("final"),
      inPools(eb, "refused", 0).as("refused"),
    ])
    .where("public_key", "is not", null)
    .where(STANDS)
    // A new account that is no member has answered nothing either, and is there.
    .where((eb) => eb("units_submitted", ">", inPools(eb, "submitted", -1)))
    .orderBy("credit_final", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map(({ submitted, final, refused, ...row }) => {
    const account = accountRow(row);
    return {
      ...account,
      unitsSubmitted: account.unitsSubmitted - submitted,
      unitsFinal: account.unitsFinal - final,
      unitsRefused: account.unitsRefused - refused,
    };
  });
}

/** Its units of all pools; `none` when it never was a member. */
function inPools(eb: ExpressionBuilder<Tables, "accounts">, column: "submitted" | "final" | "refused", none: number) {
  const sum = eb
    .selectFrom("members")
    .select((members) => members.fn.sum<number>(`members.${column}`).as("units"))
    .whereRef("members.account", "=", "accounts.id");
  return eb.fn.coalesce(sum, eb.val(none));
}
