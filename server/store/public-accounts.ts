/** Accounts as everybody may see them: what they did in pools is their pools' alone. */
import type { ExpressionBuilder, Kysely } from "kysely";
import type { AccountRow } from "../core/store.ts";
import { accountRow } from "./rows.ts";
import type { Tables } from "./tables.ts";

/** The most credit first. Who has joined a pool and done nothing for the public is left out. */
export async function publicAccounts(database: Kysely<Tables>, limit: number): Promise<AccountRow[]> {
  const rows = await database
    .selectFrom("accounts")
    .selectAll()
    .select((eb) => [
      inPools(eb, "submitted", 0).as("submitted"),
      inPools(eb, "final", 0).as("final"),
      inPools(eb, "refused", 0).as("refused"),
    ])
    .where("public_key", "is not", null)
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
