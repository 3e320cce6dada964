/** What is wished of devices from others of their account: the last wish of each, with the key that signed it. */
import type { Kysely, Transaction } from "kysely";
import { type RemoteWish, readRemoteWish } from "../../shared/account/remote-wish.ts";
import type { AccountId } from "../../shared/ids.ts";
import type { SignedWish } from "../core/device-store.ts";
import type { Tables } from "./tables.ts";

/** Of these devices; a row that no program wrote is none. */
export async function wishesOf(database: Kysely<Tables>, devices: readonly AccountId[]): Promise<Map<AccountId, RemoteWish>> {
  if (devices.length === 0) return new Map();
  const rows = await database.selectFrom("wishes").select(["device", "turn", "paused", "share"]).where("device", "in", devices).execute();
  return new Map(
    rows.flatMap(({ device, turn, paused, share }) => {
      const wish = readRemoteWish({ turn, paused: paused === 1, share });
      return wish ? [[device, wish]] : [];
    }),
  );
}

/** One statement each, so that of two at once one alone is the next. */
export async function keepWish(database: Kysely<Tables>, device: AccountId, wish: SignedWish): Promise<boolean> {
  const { turn, share, by, signature } = wish;
  const values = { turn, paused: wish.paused ? 1 : 0, share, by_key: by, signature };
  const isFirst = turn === 1;
  const written = isFirst
    ? await database
        .insertInto("wishes")
        .values({ device, ...values })
        .onConflict((conflict) => conflict.column("device").doNothing())
        .executeTakeFirst()
    : await database
        .updateTable("wishes")
        .set(values)
        .where("device", "=", device)
        .where("turn", "=", turn - 1)
        .executeTakeFirst();
  const count = "numUpdatedRows" in written ? written.numUpdatedRows : (written.numInsertedOrUpdatedRows ?? 0n);
  if (count > 0n) return true;
  const last = (await wishesOf(database, [device])).get(device);
  return last?.turn === turn && last.paused === wish.paused && last.share === share;
}

/** Of a device that is forgotten: what was wished of it, and that it wished something of others. */
export async function forgetWishes(trx: Transaction<Tables>, account: AccountId): Promise<void> {
  await trx.deleteFrom("wishes").where("device", "=", account).execute();
  const key = trx.selectFrom("accounts").select("public_key").where("id", "=", account);
  await trx.updateTable("wishes").set({ by_key: null, signature: null }).where("by_key", "=", key).execute();
}
