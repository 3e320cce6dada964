/** Devices of accounts. Each has a row of `accounts` of its own; what an account has is their sum. */
import { type Kysely, sql, type Transaction } from "kysely";
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import type { AccountId, PublicKeyHex } from "../../shared/ids.ts";
import type { DeviceRow, DeviceStore, SignedWish, Totals } from "../core/device-store.ts";
import type { AuditRecord } from "../core/events.ts";
import type { StoreOp } from "../core/store.ts";
import { forgetWishes, keepWish, wishesOf } from "./remote-wishes.ts";
import type { Tables } from "./tables.ts";

export type DeviceOp = Extract<StoreOp, { type: "device-linked" | "device-revoked" }>;

export class SqliteDevices implements DeviceStore {
  private readonly database: Kysely<Tables>;

  constructor(database: Kysely<Tables>) {
    this.database = database;
  }

  async all(): Promise<DeviceRow[]> {
    return await this.rows().orderBy("devices.account").execute();
  }

  async of(accountKey: PublicKeyHex): Promise<DeviceRow[]> {
    return await this.rows().where("account_key", "=", accountKey).orderBy("linked_at").orderBy("devices.account").execute();
  }

  async totals(accountKey: PublicKeyHex): Promise<Totals> {
    return await joined(this.database, accountKey)
      .select((eb) => [
        eb.fn.coalesce(eb.fn.sum<number>("credit_escrow"), eb.val(0)).as("creditEscrow"),
        eb.fn.coalesce(eb.fn.sum<number>("credit_final"), eb.val(0)).as("creditFinal"),
        eb.fn.coalesce(eb.fn.sum<number>("units_submitted"), eb.val(0)).as("unitsSubmitted"),
        eb.fn.coalesce(eb.fn.sum<number>("units_final"), eb.val(0)).as("unitsFinal"),
        eb.fn.coalesce(eb.fn.sum<number>("units_refused"), eb.val(0)).as("unitsRefused"),
        sql<number>`min(${Number.MAX_SAFE_INTEGER}, total(gpu_micros))`.as("gpuMicros"),
      ])
      .executeTakeFirstOrThrow();
  }

  async record(accountKey: PublicKeyHex): Promise<Omit<AuditRecord, "passed">> {
    return await joined(this.database, accountKey)
      .select((eb) => [
        eb.fn.coalesce(eb.fn.sum<number>("proven_wrong"), eb.val(0)).as("proven"),
        eb.fn.coalesce(eb.fn.max<number>("proven_at"), eb.val(0)).as("convictedAt"),
      ])
      .executeTakeFirstOrThrow();
  }

  wishesOf(devices: readonly AccountId[]): Promise<Map<AccountId, RemoteWish>> {
    return wishesOf(this.database, devices);
  }

  wish(device: AccountId, wish: SignedWish): Promise<boolean> {
    return keepWish(this.database, device, wish);
  }

  private rows() {
    return this.database
      .selectFrom("devices")
      .innerJoin("accounts", "accounts.id", "devices.account")
      .select([
        "devices.account",
        "public_key as publicKey",
        "account_key as accountKey",
        "name",
        "linked_at as linkedAt",
        "revoked_at as revokedAt",
      ])
      .$narrowType<{ publicKey: PublicKeyHex }>();
  }
}

function joined(database: Kysely<Tables>, accountKey: PublicKeyHex) {
  return database.selectFrom("devices").innerJoin("accounts", "accounts.id", "devices.account").where("account_key", "=", accountKey);
}

/** One operation of the core, within its transaction. Rejects when the device is an account's already. */
export async function changeDevice(trx: Transaction<Tables>, op: DeviceOp): Promise<void> {
  const { account, created, signature, at } = op;
  if (op.type === "device-linked") {
    const { accountKey: account_key, name } = op;
    await trx.insertInto("devices").values({ account, account_key, name, created, signature, linked_at: at }).execute();
    return;
  }
  const values = { revoked_at: at, revocation_created: created, revocation: signature };
  await trx.updateTable("devices").where("account", "=", account).set(values).execute();
}

/** What the account was proven wrong for stays its own: another of its devices has it from now on. */
async function leaveRecord(trx: Transaction<Tables>, account: AccountId): Promise<void> {
  const leaver = await trx
    .selectFrom("devices")
    .innerJoin("accounts", "accounts.id", "devices.account")
    .select(["account_key", "proven_wrong", "proven_at"])
    .where("devices.account", "=", account)
    .executeTakeFirst();
  if (!leaver || leaver.proven_wrong === 0) return;
  const heir = await trx
    .selectFrom("devices")
    .select("account")
    .where("account_key", "=", leaver.account_key)
    .where("account", "!=", account)
    .orderBy("account")
    .executeTakeFirst();
  if (!heir) return;
  await trx
    .updateTable("accounts")
    .set(({ eb }) => ({
      proven_wrong: eb("proven_wrong", "+", leaver.proven_wrong),
      proven_at: sql<number>`max(coalesce(proven_at, 0), ${leaver.proven_at ?? 0})`,
    }))
    .where("id", "=", heir.account)
    .execute();
}

export async function forgetDevices(trx: Transaction<Tables>, account: AccountId): Promise<void> {
  await forgetWishes(trx, account);
  await leaveRecord(trx, account);
  await trx.deleteFrom("devices").where("account", "=", account).execute();
}
