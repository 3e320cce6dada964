/** Whether the keys that tokens and addresses are recognised by are there and whole. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { ADDRESS_KEY, AUDITOR_SEEN, KEY_BYTES, TOKEN_KEY, tokenKeyOf } from "../core/secret-names.ts";

/** `count`: keys that are whole; `faults`: what is wrong, each in words. `addressKeys`: names of those that open replicas need. */
export function checkSecrets(database: DatabaseSyncInstance, addressKeys: Iterable<string>): { count: number; faults: string[] } {
  const rows = database.prepare("SELECT key, length(value) AS bytes FROM secrets ORDER BY key").all() as { key: string; bytes: number }[];
  const faults: string[] = [];
  const whole = new Set<string>();
  for (const { key, bytes } of rows) {
    const name = JSON.stringify(key.slice(0, 60));
    if (key === AUDITOR_SEEN) continue;
    if (!tokenKeyOf(key) && !key.startsWith(ADDRESS_KEY)) faults.push(`${name} is no secret that this program knows`);
    else if (bytes !== KEY_BYTES) faults.push(`${name} has ${bytes} bytes, not ${KEY_BYTES}`);
    else whole.add(key);
  }
  // Each start makes one when there is none.
  if (![...whole].some((key) => key.startsWith(TOKEN_KEY))) faults.push("there is no key that assignments are signed with");
  for (const key of addressKeys)
    if (!whole.has(key)) faults.push(`${key}, by which networks of open replicas are recognised, is not there`);
  return { count: whole.size, faults };
}
