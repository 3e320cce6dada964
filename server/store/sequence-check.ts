/** Whether what is numbered can be numbered on: a number beyond its field, or beyond what a JavaScript number holds, stops every later one. */
import type { DatabaseSyncInstance } from "@photostructure/sqlite";

/** A decade of a busy network. */
const LEAST_ROOM = 1_000_000_000;
/** Of jobs and pools frames and tokens have 32 bits. */
const MOST_32 = 2 ** 32 - 1;
const NUMBERED: Record<string, { by: string; most: number }> = {
  jobs: { by: "id", most: MOST_32 },
  pools: { by: "id", most: MOST_32 },
  accounts: { by: "id", most: Number.MAX_SAFE_INTEGER },
  tokens: { by: "id", most: Number.MAX_SAFE_INTEGER },
  sites: { by: "id", most: Number.MAX_SAFE_INTEGER },
  statements: { by: "id", most: Number.MAX_SAFE_INTEGER },
  journal: { by: "seq", most: Number.MAX_SAFE_INTEGER },
  refusals: { by: "seq", most: Number.MAX_SAFE_INTEGER },
};

/** The tables that have no room, in words. */
export function checkSequences(database: DatabaseSyncInstance): string[] {
  const full: string[] = [];
  for (const [table, { by, most }] of Object.entries(NUMBERED)) {
    const row = database.prepare(
      `SELECT CAST(max(coalesce((SELECT max(${by}) FROM ${table}), 0), coalesce((SELECT max(seq) FROM sqlite_sequence WHERE name = ?), 0)) AS TEXT) AS last`,
    );
    const { last } = row.get(table) as { last: string };
    if (!(Number(last) <= most - LEAST_ROOM)) full.push(`the last number of ${table} is ${last.slice(0, 40)}, the highest is ${most}`);
  }
  return full;
}
