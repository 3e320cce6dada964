/** Whether each device is its account's by a signature of that account's key, each that was taken off it too, and each wish by a device's of that account. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { certificateMessage, type DeviceCertificate, revocationMessage } from "../../shared/account/certificate.ts";
import { readRemoteWish, wishMessage } from "../../shared/account/remote-wish.ts";
import { fromHex } from "../../shared/bytes.ts";
import { verifies } from "../ed25519.ts";

interface Row {
  account: string;
  account_key: string;
  public_key: string | null;
  name: string;
  created: string;
  signature: Uint8Array;
  revoked_at: string | null;
  revocation_created: string | null;
  revocation: Uint8Array | null;
}

const KEY = /^[0-9a-f]{64}$/;

/** Numbers as text: the driver refuses to read those that are too large. */
const DEVICES = `SELECT CAST(devices.account AS TEXT) AS account, account_key, public_key, name, CAST(created AS TEXT) AS created, signature,
  CAST(revoked_at AS TEXT) AS revoked_at, CAST(revocation_created AS TEXT) AS revocation_created, revocation
  FROM devices JOIN accounts ON accounts.id = devices.account ORDER BY devices.account`;

/** Each fault in words, as it is found. */
export function* deviceFaults(database: DatabaseSyncInstance): Generator<string> {
  for (const row of database.prepare(DEVICES).iterate()) {
    const { account, created, name, revoked_at, revocation_created, ...rest } = row as unknown as Row;
    const keys = keysOf(rest);
    if (!keys) yield `device ${account}: its key, or its account's, is not 64 hexadecimal digits`;
    else if (!isSigned(keys, rest.signature, created, (parts) => certificateMessage({ ...parts, name })))
      yield `device ${account}: its certificate is not its account's`;
    else if (revoked_at !== null && !isSigned(keys, rest.revocation, revocation_created, revocationMessage))
      yield `device ${account}: what took it off its account is not that account's`;
  }
}

interface WishRow {
  device: string;
  device_key: string | null;
  account_key: string | null;
  turn: string;
  paused: string;
  share: string;
  by_key: string | null;
  signature: Uint8Array | null;
}

const WISHES = `SELECT CAST(wishes.device AS TEXT) AS device, public_key AS device_key, account_key, CAST(turn AS TEXT) AS turn,
  CAST(paused AS TEXT) AS paused, CAST(share AS TEXT) AS share, by_key, wishes.signature AS signature
  FROM wishes LEFT JOIN devices ON devices.account = wishes.device LEFT JOIN accounts ON accounts.id = wishes.device ORDER BY wishes.device`;

/** Who wished may have been forgotten since: then no signature is left to check. */
export function* wishFaults(database: DatabaseSyncInstance): Generator<string> {
  for (const row of database.prepare(WISHES).iterate()) {
    const { device, device_key, account_key, turn, paused, share, by_key, signature } = row as unknown as WishRow;
    const wish = readRemoteWish({ turn: Number(turn), paused: paused === "1", share: Number(share) });
    if (!wish || wish.turn < 1 || !["0", "1"].includes(paused)) {
      yield `device ${device}: what is wished of it is no wish`;
    } else if (device_key === null || account_key === null || !KEY.test(device_key) || !KEY.test(account_key)) {
      yield `device ${device}: something is wished of it, and it is of no account`;
    } else if (by_key !== null || signature !== null) {
      const isKnown = by_key !== null && KEY.test(by_key) && signature !== null;
      const parties = isKnown && { account: fromHex(account_key), device: fromHex(device_key), by: fromHex(by_key) };
      if (!parties || !verifies(parties.by, wishMessage(parties, wish), signature))
        yield `device ${device}: what is wished of it is signed by none of its account's devices`;
    }
  }
}

function keysOf({
  account_key,
  public_key,
}: Pick<Row, "account_key" | "public_key">): { account: Uint8Array; device: Uint8Array } | undefined {
  if (public_key === null || !KEY.test(public_key) || !KEY.test(account_key)) return undefined;
  return { account: fromHex(account_key), device: fromHex(public_key) };
}

function isSigned(
  keys: { account: Uint8Array; device: Uint8Array },
  signature: Uint8Array | null,
  created: string | null,
  message: (parts: Omit<DeviceCertificate, "name">) => Uint8Array,
): boolean {
  const at = Number(created);
  if (!signature || !Number.isSafeInteger(at) || at < 0) return false;
  return verifies(keys.account, message({ ...keys, created: at }), signature);
}
