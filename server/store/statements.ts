/** Statements in the store: how far each has come, what was earned under it while it was unsigned, and its signature. */
import { CompiledQuery, type Kysely, sql, type Transaction } from "kysely";
import type { AccountId, StatementId } from "../../shared/ids.ts";
import type { Settled, StoreOp } from "../core/store.ts";
import { chunks } from "./chunks.ts";
import { RowText } from "./row-text.ts";
import type { Tables } from "./tables.ts";

type Op<Type extends StoreOp["type"]> = Extract<StoreOp, { type: Type }>;

/** What one commit does to statements. */
export class StatementBatch {
  private readonly marks = new Map<StatementId, Op<"statement">>();
  private readonly earned = new Map<StatementId, number>();
  private readonly signed = new Map<StatementId, Op<"signed">>();

  mark(op: Op<"statement">): void {
    this.marks.set(op.statement, op);
  }

  /** A replica whose credit vests with the signature. */
  earn({ statement, credit }: Settled): void {
    this.earned.set(statement, (this.earned.get(statement) ?? 0) + credit);
  }

  /** What is earned after it in the same commit is not earned under an unsigned statement: the core knows. */
  sign(op: Op<"signed">): void {
    if (!this.signed.has(op.statement)) this.signed.set(op.statement, op);
  }

  async write(trx: Transaction<Tables>): Promise<void> {
    for (const chunk of chunks([...this.marks.values()])) {
      const rows = chunk.flatMap(({ statement, account, session, results, hash, at }) => [statement, account, session, results, hash, at]);
      await trx.executeQuery(CompiledQuery.raw(MARK.for(chunk.length), rows));
    }
    for (const chunk of chunks([...this.earned])) await trx.executeQuery(CompiledQuery.raw(EARN.for(chunk.length), chunk.flat()));
    for (const op of this.signed.values()) await vest(trx, op);
  }
}

const MARK = new RowText(
  "(?,?,?,?,?,?)",
  (rows) => `INSERT INTO statements (id, account, session, results, hash, at) VALUES ${rows}
    ON CONFLICT (id) DO UPDATE SET results = excluded.results, hash = excluded.hash, at = excluded.at`,
);
const EARN = new RowText(
  "(?,?)",
  (rows) => `WITH change (id, credit) AS (VALUES ${rows})
    UPDATE statements SET earned = earned + credit FROM change WHERE statements.id = change.id`,
);

/** Of one that is signed already nothing is left to vest. */
async function vest(trx: Transaction<Tables>, { statement, signature, at }: Op<"signed">): Promise<void> {
  await sql`UPDATE accounts SET credit_escrow = credit_escrow - earned, credit_final = credit_final + earned
    FROM statements WHERE statements.id = ${statement} AND accounts.id = statements.account`.execute(trx);
  await trx.updateTable("statements").where("id", "=", statement).set({ signature, signed_at: at, earned: 0 }).execute();
}

export async function lastStatement(database: Kysely<Tables>): Promise<StatementId> {
  const row = await database
    .selectFrom("statements")
    .select((eb) => eb.fn.max("id").as("id"))
    .executeTakeFirst();
  return row?.id ?? (0 as StatementId);
}

export async function unsignedStatement(
  database: Kysely<Tables>,
  account: AccountId,
  hash: Uint8Array,
  since: number,
): Promise<StatementId | undefined> {
  const row = await database
    .selectFrom("statements")
    .select("id")
    .where("account", "=", account)
    .where("hash", "=", hash)
    .where("at", ">", since)
    .where("signature", "is", null)
    .executeTakeFirst();
  return row?.id;
}

/** Those of `ids` that are signed. 0 always is. */
export async function signedAmong(database: Kysely<Tables>, ids: ReadonlySet<number>): Promise<Set<number>> {
  const signed = new Set([0]);
  for (const chunk of chunks([...ids])) {
    const rows = await database
      .selectFrom("statements")
      .select("id")
      .where("id", "in", chunk as StatementId[])
      .where("signature", "is not", null)
      .execute();
    for (const { id } of rows) signed.add(id);
  }
  return signed;
}
