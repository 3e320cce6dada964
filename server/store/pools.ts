/** Pools, their members and what those gave. */
import type { Kysely, Selectable, Transaction } from "kysely";
import type { AccountId, PoolId } from "../../shared/ids.ts";
import type { MemberRow, PoolInvite, PoolRow, PoolStore } from "../core/pool-store.ts";
import type { StoreOp } from "../core/store.ts";
import type { Tables } from "./tables.ts";

export type MembershipOp = Extract<StoreOp, { type: "member-joined" | "member-named" | "member-left" | "pool-off" }>;

export interface MemberUnits {
  pool: PoolId;
  account: AccountId;
  submitted: number;
  final: number;
  refused: number;
}

const NO_INVITE = { invite_hash: null, invite_until: null, invite_uses: null };

export class SqlitePools implements PoolStore {
  private readonly database: Kysely<Tables>;

  constructor(database: Kysely<Tables>) {
    this.database = database;
  }

  async add({ owner, ownerName, name }: Pick<PoolRow, "owner" | "ownerName" | "name">, invite: PoolInvite, now: number): Promise<PoolRow> {
    const row = await this.database
      .insertInto("pools")
      .values({
        owner,
        owner_name: ownerName,
        name,
        created_at: now,
        off_at: null,
        invite_hash: invite.hash,
        invite_until: invite.until,
        invite_uses: invite.uses,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return poolRow(row);
  }

  async all(): Promise<PoolRow[]> {
    return (await this.database.selectFrom("pools").selectAll().orderBy("id").execute()).map(poolRow);
  }

  async invite(pool: PoolId, { hash, until, uses }: PoolInvite): Promise<PoolRow> {
    const row = await this.database
      .updateTable("pools")
      .where("id", "=", pool)
      .set({ invite_hash: hash, invite_until: until, invite_uses: uses, off_at: null })
      .returningAll()
      .executeTakeFirstOrThrow();
    return poolRow(row);
  }

  async revoke(pool: PoolId): Promise<void> {
    await this.database.updateTable("pools").where("id", "=", pool).set(NO_INVITE).execute();
  }

  async members(pool: PoolId): Promise<MemberRow[]> {
    const rows = await this.database
      .selectFrom("members")
      .innerJoin("accounts", "accounts.id", "members.account")
      .select(["account", "public_key", "members.name", "joined_at", "left_at", "members.submitted", "members.final", "members.refused"])
      .where("pool", "=", pool)
      .orderBy("joined_at")
      .orderBy("account")
      .execute();
    return rows.map((row) => ({
      account: row.account,
      publicKey: row.public_key,
      name: row.name,
      joinedAt: row.joined_at,
      leftAt: row.left_at,
      units: { submitted: row.submitted, final: row.final, refused: row.refused },
    }));
  }
}

/** One operation of the core, within its transaction. */
export async function changeMembers(trx: Transaction<Tables>, op: MembershipOp): Promise<void> {
  switch (op.type) {
    case "member-joined":
      await trx
        .insertInto("members")
        .values({ pool: op.pool, account: op.account, joined_at: op.at, left_at: null, name: op.name ?? "" })
        .onConflict((conflict) =>
          conflict.columns(["pool", "account"]).doUpdateSet({ joined_at: op.at, left_at: null, name: op.name ?? "" }),
        )
        .execute();
      if (op.invite === undefined) return;
      await trx
        .updateTable("pools")
        .where("id", "=", op.pool)
        .where("invite_hash", "=", op.invite)
        .set((eb) => ({ invite_uses: eb("invite_uses", "-", 1) }))
        .execute();
      return;
    case "member-named":
      await trx.updateTable("members").where("pool", "=", op.pool).where("account", "=", op.account).set({ name: op.name }).execute();
      return;
    case "member-left":
      await trx.updateTable("members").where("pool", "=", op.pool).where("account", "=", op.account).set({ left_at: op.at }).execute();
      return;
    case "pool-off":
      await trx.updateTable("members").where("pool", "=", op.pool).where("left_at", "is", null).set({ left_at: op.at }).execute();
      await trx
        .updateTable("pools")
        .where("id", "=", op.pool)
        .set({ off_at: op.at, ...NO_INVITE })
        .execute();
      return;
    default:
      op satisfies never;
  }
}

/** Adds what one member's replicas became in one commit. */
export async function countMemberUnits(trx: Transaction<Tables>, { pool, account, submitted, final, refused }: MemberUnits): Promise<void> {
  await trx
    .updateTable("members")
    .where("pool", "=", pool)
    .where("account", "=", account)
    .set((eb) => ({ submitted: eb("submitted", "+", submitted), final: eb("final", "+", final), refused: eb("refused", "+", refused) }))
    .execute();
}

export async function forgetMemberships(trx: Transaction<Tables>, account: AccountId): Promise<void> {
  await trx.deleteFrom("members").where("account", "=", account).execute();
}

function poolRow(row: Selectable<Tables["pools"]>): PoolRow {
  const { id, owner, owner_name, name, created_at, off_at, invite_hash, invite_until, invite_uses } = row;
  const invited = { inviteHash: invite_hash, inviteUntil: invite_until, inviteUses: invite_uses };
  return { id, owner, ownerName: owner_name, name, createdAt: created_at, offAt: off_at, ...invited };
}
