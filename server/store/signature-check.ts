/** Whether each signature that is kept is its account's over its statement. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { fromHex } from "../../shared/bytes.ts";
import { statementMessage } from "../../shared/statement.ts";
import { verifies } from "../ed25519.ts";

const SHOWN = 3;

interface SignedRow {
  id: number;
  hash: Uint8Array;
  signature: Uint8Array;
  public_key: string;
}

/** `checked`: how many there are; of an account that was forgotten nobody can tell any more. */
export function checkSignatures(database: DatabaseSyncInstance): { checked: number; count: number; broken: string[] } {
  const found = { checked: 0, count: 0, broken: [] as string[] };
  for (const row of database.prepare(SIGNED).iterate()) {
    const { id, hash, signature, public_key } = row as unknown as SignedRow;
    found.checked++;
    if (isGood(public_key, hash, signature)) continue;
    found.count++;
    if (found.broken.length < SHOWN) found.broken.push(`statement ${id}`);
  }
  return found;
}

const SIGNED = `SELECT statements.id, hash, signature, public_key FROM statements JOIN accounts ON accounts.id = statements.account
  WHERE signature IS NOT NULL AND public_key IS NOT NULL ORDER BY statements.id`;

function isGood(publicKey: string, hash: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verifies(fromHex(publicKey), statementMessage(hash), signature);
  } catch {
    return false; // a key that is no hexadecimal
  }
}
