/** Whether rows of sites and accounts hold what this program lets in. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { plain } from "../../shared/plain.ts";
import { ACCOUNT_RULES, inRange, KEY_STANDS, type Rule, SITE_RULES, siteTextFault } from "./row-rules.ts";

/** Characters of a text that is told. */
const SHOWN_TEXT = 60;

/** Each fault in words, as it is found: there may be as many as rows. */
export function* siteFaults(database: DatabaseSyncInstance): Generator<string> {
  yield* numberFaults(database, "sites", SITE_RULES);
  const grown = database.prepare(
    "SELECT CAST(id AS TEXT) AS id FROM sites WHERE units_before > units OR credit_before > credit ORDER BY sites.id",
  );
  for (const row of grown.iterate()) yield `site ${(row as { id: string }).id}: it had more when the hour began than it has`;
  for (const row of database.prepare("SELECT CAST(id AS TEXT) AS id, origin, name FROM sites ORDER BY sites.id").iterate()) {
    const { id, origin, name } = row as { id: string; origin: string; name: string };
    const fault = siteTextFault({ origin, name });
    if (fault !== undefined) yield `site ${id}, ${shown(origin)}: ${fault}`;
  }
}

export function* accountFaults(database: DatabaseSyncInstance): Generator<string> {
  yield* numberFaults(database, "accounts", ACCOUNT_RULES);
  const keys = database.prepare(
    `SELECT CAST(id AS TEXT) AS id, substr(public_key, 1, 100) AS key FROM accounts WHERE NOT ${KEY_STANDS} ORDER BY accounts.id`,
  );
  for (const row of keys.iterate()) {
    const { id, key } = row as { id: string; key: string };
    yield `account ${id}: its key, ${shown(key)}, is not 64 hexadecimal digits`;
  }
}

function* numberFaults(database: DatabaseSyncInstance, table: "sites" | "accounts", rules: readonly Rule[]): Generator<string> {
  for (const rule of rules) {
    const { column, least, most } = rule;
    const rows = database.prepare(
      `SELECT CAST(id AS TEXT) AS id, CAST(${column} AS TEXT) AS value FROM ${table} WHERE NOT ${inRange(rule)} ORDER BY ${table}.id`,
    );
    for (const row of rows.iterate()) {
      const { id, value } = row as { id: string; value: string };
      yield `${table.slice(0, -1)} ${id}: its ${column} is ${value}, not ${Math.ceil(least)} to ${most}`;
    }
  }
}

function shown(text: string): string {
  return JSON.stringify(plain(text.slice(0, SHOWN_TEXT)));
}
