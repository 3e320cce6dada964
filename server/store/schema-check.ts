/**
 * Whether a database has this program's tables and indexes and nothing else. A trigger or view in a file from elsewhere would
 * run with the coordinator's rights: on an insert of ours it may change any row.
 */
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { DamagedDatabase } from "./damaged.ts";
import { migrate } from "./migrate.ts";

/** Longest name that is told whole. */
const SHOWN_NAME = 80;
/** What ANALYZE keeps. */
const STATISTICS = /^sqlite_stat[134]$/;

const INERT_TYPES: ReadonlySet<string> = new Set(["table", "index"]);
/** How SQLite writes texts of what runs nothing: a virtual table is of the type `table` too, and a module's code. */
const INERT = /^CREATE (TABLE|INDEX|UNIQUE INDEX) /;

interface Part {
  type: string;
  name: string;
  tbl_name: string;
  sql: string | null;
}

export interface SchemaFaults {
  missing: string[];
  changed: string[];
  foreign: string[];
  /** All tables are there as they should be, so that they can be read. */
  tablesStand: boolean;
}

/** Throws `DamagedDatabase`, which names the first trigger, view or virtual table: no release has any. Runs nothing of the file. */
export function refuseForeignCode(database: DatabaseSyncInstance): void {
  const found = rowsOf(database).filter(({ type, sql }) => !INERT_TYPES.has(type) || (sql !== null && !INERT.test(sql)));
  const [first] = found;
  if (!first) return;
  const more = found.length === 1 ? "" : `, and ${found.length - 1} more such parts`;
  throw new DamagedDatabase(
    `The database has ${wordsOf(first)}${more}, which this program did not make and which would run with its rights`,
  );
}

/** What differs from the schema that the migrations up to `version` make. */
export function schemaFaults(database: DatabaseSyncInstance, version: number): SchemaFaults {
  const expected = new DatabaseSync(":memory:");
  try {
    migrate(expected, version);
    const [own, found] = [partsOf(expected), partsOf(database)];
    const [missing, changed] = [[...own.values()].filter((part) => !found.has(keyOf(part))), [] as Part[]];
    for (const [key, part] of own) {
      const other = found.get(key);
      if (other && (other.tbl_name !== part.tbl_name || normalised(other.sql) !== normalised(part.sql))) changed.push(part);
    }
    const foreign = [...found.values()].filter((part) => !own.has(keyOf(part)));
    const tablesStand = [...missing, ...changed].every(({ type }) => type !== "table");
    return { missing: missing.map(wordsOf), changed: changed.map(wordsOf), foreign: foreign.map(wordsOf), tablesStand };
  } finally {
    expected.close();
  }
}

function partsOf(database: DatabaseSyncInstance): Map<string, Part> {
  const told = rowsOf(database).filter(({ type, name }) => type !== "table" || !STATISTICS.test(name));
  return new Map(told.map((part) => [keyOf(part), part]));
}

function rowsOf(database: DatabaseSyncInstance): Part[] {
  return database.prepare("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name").all() as unknown as Part[];
}

function keyOf({ type, name }: Part): string {
  return `${type} ${name}`;
}

/** The text without what says nothing: releases and ALTER TABLE set other blanks. */
function normalised(sql: string | null): string {
  const text = sql ?? "";
  return text.trim().replace(/('[^']*'|"[^"]*")|\s*([(),])\s*|\s+/g, (_, quoted?: string, mark?: string) => quoted ?? mark ?? " ");
}

function wordsOf({ type, name, tbl_name: table }: Part): string {
  return `the ${type} ${JSON.stringify(name.slice(0, SHOWN_NAME))}${name === table ? "" : ` on ${table.slice(0, SHOWN_NAME)}`}`;
}
