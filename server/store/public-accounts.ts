/** Accounts as everybody may see them: what they did in pools is their pools' alone, and devices of one account are one row. */
import { type ExpressionBuilder, type Kysely, sql } from "kysely";
import type { PublicAccount } from "../core/store.ts";
import type { LeftOut } from "./left-out.ts";
import { ACCOUNT_RULES, allInRange, KEY_STANDS } from "./row-rules.ts";
import { accountRow } from "./rows.ts";
import type { Tables } from "./tables.ts";

const STANDS = sql<boolean>`${sql.raw(`${allInRange(ACCOUNT_RULES)} AND ${KEY_STANDS}`)}`;

/** The most credit first. Who has joined a pool and done nothing for the public is left out, and a row that this program cannot have written. */
export async function publicAccounts(database: Kysely<Tables>, limit: number, leftOut: LeftOut): Promise<PublicAccount[]> {
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
  const own = await database
    .selectFrom("accounts")
    .selectAll()
    .select((eb) => [
      inPools(eb, "submitted", 0).as("submitted"),
      inPools(eb, "final", 0).as("final"),
      inPools(eb, "refused", 0).as("refused"),
    ])
    .where("public_key", "is not", null)
    .where(STANDS)
    .where(({ not, exists, selectFrom }) => not(exists(selectFrom("devices").select("account").whereRef("account", "=", "accounts.id"))))
    // A new account that is no member has answered nothing either, and is there.
    .where((eb) => eb("units_submitted", ">", inPools(eb, "submitted", -1)))
    .orderBy("credit_final", "desc")
    .orderBy("id")
    .limit(limit)
    .execute();
  const alone = own.map(({ submitted, final, refused, ...row }) => {
    const { publicKey, creditEscrow, creditFinal, unitsSubmitted, unitsFinal, unitsRefused } = accountRow(row);
    return {
      ...{ publicKey, creditEscrow, creditFinal },
      unitsSubmitted: unitsSubmitted - submitted,
      unitsFinal: unitsFinal - final,
      unitsRefused: unitsRefused - refused,
    };
  });
  return [...alone, ...(await joinedAccounts(database, limit))].sort((one, other) => other.creditFinal - one.creditFinal).slice(0, limit);
}

/** Under the key that joins their devices; which those are is nobody's business. */
async function joinedAccounts(database: Kysely<Tables>, limit: number): Promise<PublicAccount[]> {
  return await database
    .selectFrom("devices")
    .innerJoin("accounts", "accounts.id", "devices.account")
    .select((eb) => [
      "account_key as publicKey",
      sql<number>`sum(credit_escrow)`.as("creditEscrow"),
      sql<number>`sum(credit_final)`.as("creditFinal"),
      sql<number>`sum(units_submitted - ${inPools(eb, "submitted", 0)})`.as("unitsSubmitted"),
      sql<number>`sum(units_final - ${inPools(eb, "final", 0)})`.as("unitsFinal"),
      sql<number>`sum(units_refused - ${inPools(eb, "refused", 0)})`.as("unitsRefused"),
    ])
    .where("public_key", "is not", null)
    .where(STANDS)
    .groupBy("account_key")
    .having((eb) => sql<boolean>`sum(units_submitted - ${inPools(eb, "submitted", -1)}) > 0`)
    .orderBy("creditFinal", "desc")
    .orderBy("account_key")
    .limit(limit)
    .execute();
}

/** Its units of all pools; `none` when it never was a member. */
function inPools(eb: ExpressionBuilder<Tables, "accounts" | "devices">, column: "submitted" | "final" | "refused", none: number) {
  const sum = eb
    .selectFrom("members")
    .select((members) => members.fn.sum<number>(`members.${column}`).as("units"))
    .whereRef("members.account", "=", "accounts.id");
  return eb.fn.coalesce(sum, eb.val(none));
}
