/** Whether each device is its account's by a signature of that account's key, and each that was taken off it too. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { certificateMessage, type DeviceCertificate, revocationMessage } from "../../shared/account/certificate.ts";
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
