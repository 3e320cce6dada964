/**
 * What must hold of a data folder at rest, looked at without changing it. Each check is a finding: it holds, or what does not and
 * what to do. A check that cannot be made is a finding too.
 */
import { createHash } from "node:crypto";
import { statfs } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { DATABASE_FILE } from "../../shared/backup.ts";
import type { BlobHash } from "../../shared/ids.ts";
import { messageOf } from "../../shared/thrown.ts";
import { DiskBlobs } from "./blobs.ts";
import { deviceFaults, wishFaults } from "./device-check.ts";
import { checkLedger, type LedgerCheck } from "./ledger-checks.ts";
import { SCHEMA_VERSION } from "./migrate.ts";
import { portabilityFaults } from "./portability-check.ts";
import { referencedBlobs } from "./referenced.ts";
import { accountFaults, siteFaults } from "./row-checks.ts";
import { type SchemaFaults, schemaFaults } from "./schema-check.ts";
import { checkSecrets } from "./secret-check.ts";
import { checkSequences } from "./sequence-check.ts";
import { checkSignatures } from "./signature-check.ts";
import { openStopped } from "./stopped.ts";

/** Below this an import or a busy night fills the disk. */
const LITTLE_SPACE_BYTES = 1024 ** 3;
const SHOWN = 3;
const AMEND_SITE =
  "Its row is left out of all that is told. Restore a backup that you trust into a new folder; where there is none, delete the row (sqlite3 idlewave.sqlite) and register the site anew.";
const RESTORE = "Restore the last backup into a new folder, and keep this one to look into.";

export interface Finding {
  /** What must hold, a sentence. */
  check: string;
  holds: boolean;
  /** What was found, in a few words. */
  found: string;
  /** What to do; empty when it holds, but for a note. */
  todo: string;
}

/** Looks at the stopped data folder. Throws when its database cannot be opened at all, or a coordinator has it. */
export async function* examine(folder: string): AsyncGenerator<Finding> {
  const database = openStopped(join(folder, DATABASE_FILE));
  try {
    yield integrity(database);
    const version = versionOf(database);
    yield versionFinding(version);
    const blobs = DiskBlobs.at(join(folder, "blobs"));
    // Tables of a newer version are another program's to read.
    if (version <= SCHEMA_VERSION) {
      const schema = schemaFaults(database, version);
      yield schemaFinding(schema);
      if (version === SCHEMA_VERSION && schema.tablesStand) yield* tableFindings(database, blobs);
    }
    yield await blobDigests(blobs);
    yield await freeSpace(folder);
  } finally {
    database.close();
  }
}

/** What a forged row makes SQLite or its driver refuse is a finding as well. */
async function* tableFindings(database: DatabaseSyncInstance, blobs: DiskBlobs): AsyncGenerator<Finding> {
  try {
    yield rows("Each site has an origin, a name and figures that can be.", siteFaults(database), AMEND_SITE);
    yield rows("Each account has a key, counts and credit that can be.", accountFaults(database), RESTORE);
    const { checks, addressKeys } = checkLedger(database);
    for (const check of checks) yield ledgerFinding(check);
    yield signatures(database);
    yield rows("Each device is of its account by that account's signature.", deviceFaults(database), RESTORE);
    yield rows("Each wish of a device is signed by the device that wished it.", wishFaults(database), RESTORE);
    yield rows("Units that kinds of GPUs differed in are those of their volunteers.", portabilityFaults(database), RESTORE);
    yield resultDigests(database);
    yield brokenOff(database);
    yield secrets(database, addressKeys);
    yield sequences(database);
    yield await missingBlobs(database, blobs);
    yield await unreferencedBlobs(database, blobs);
  } catch (error) {
    yield wrong("What the tables hold can be read.", messageOf(error), RESTORE);
  }
}

function integrity(database: DatabaseSyncInstance): Finding {
  const check = "The database file is whole.";
  const lines = database.prepare("PRAGMA integrity_check(10)").all() as { integrity_check: string }[];
  const broken = lines.map((line) => line.integrity_check).filter((line) => line !== "ok");
  if (broken.length > 0) return wrong(check, broken.slice(0, SHOWN).join("; "), RESTORE);
  const foreign = database.prepare("PRAGMA foreign_key_check").all().length;
  return foreign > 0 ? wrong(check, `${foreign} rows point at rows that are not there`, RESTORE) : right(check, "every page and index");
}

function versionOf(database: DatabaseSyncInstance): number {
  const table = database.prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'versions'").get();
  if (!table) return 0;
  return (database.prepare("SELECT coalesce(max(version), 0) AS version FROM versions").get() as { version: number }).version;
}

function versionFinding(version: number): Finding {
  const check = "The database has this program's version.";
  if (version === SCHEMA_VERSION) return right(check, `version ${version}`);
  const found = `version ${version}, this program's is ${SCHEMA_VERSION}`;
  if (version > SCHEMA_VERSION) return wrong(check, found, "Use the newer program that wrote it.");
  return wrong(check, found, "Make a backup, then start the coordinator once: it brings the database up to date.");
}

function schemaFinding({ missing, changed, foreign, tablesStand }: SchemaFaults): Finding {
  const check = "The database has this program's tables and indexes, and no trigger, no view and nothing else.";
  const kinds = [
    { is: "missing", parts: missing },
    { is: "changed", parts: changed },
    { is: "foreign", parts: foreign },
  ].filter(({ parts }) => parts.length > 0);
  if (kinds.length === 0) return right(check, "");
  const told = kinds.map(({ is, parts }) => {
    const more = parts.length > SHOWN ? ` and ${parts.length - SHOWN} more` : "";
    return `${is}: ${parts.slice(0, SHOWN).join(", ")}${more}`;
  });
  if (!tablesStand) told.push("what the tables hold was not looked at");
  const todo =
    "Start no coordinator on it: a foreign trigger would run with its rights. Restore a backup that you trust into a new folder.";
  return wrong(check, told.join("; "), todo);
}

function rows(check: string, faults: Iterable<string>, todo: string): Finding {
  let count = 0;
  const first: string[] = [];
  for (const fault of faults) {
    count++;
    if (first.length < SHOWN) first.push(fault);
  }
  return count === 0 ? right(check, "") : wrong(check, `${count.toLocaleString("en")} faults: ${first.join("; ")}`, todo);
}

function secrets(database: DatabaseSyncInstance, addressKeys: ReadonlySet<string>): Finding {
  const check = "The secrets that assignments and networks are recognised by are there.";
  const { count, faults } = checkSecrets(database, addressKeys);
  if (faults.length === 0) return right(check, `${count} keys`);
  const todo = `${RESTORE} Without them a start makes new ones, and what volunteers hold is refused and computed again.`;
  return wrong(check, faults.slice(0, SHOWN).join("; "), todo);
}

function sequences(database: DatabaseSyncInstance): Finding {
  const check = "There is room for further jobs, accounts and all else that is numbered.";
  const full = checkSequences(database);
  return full.length === 0 ? right(check, "") : wrong(check, full.slice(0, SHOWN).join("; "), RESTORE);
}

function ledgerFinding({ check, count, broken }: LedgerCheck): Finding {
  return count === 0 ? right(check, "") : wrong(check, `${count.toLocaleString("en")} do not: ${broken.join("; ")}`, RESTORE);
}

function signatures(database: DatabaseSyncInstance): Finding {
  const check = "Each signature over results is its account's.";
  const { checked, count, broken } = checkSignatures(database);
  if (count === 0) return right(check, `${checked.toLocaleString("en")} signatures`);
  return wrong(check, `${count.toLocaleString("en")} are not: ${broken.join("; ")}`, RESTORE);
}

/** Result bytes in rows have the digest they are kept under. */
function resultDigests(database: DatabaseSyncInstance): Finding {
  const check = "Each result in the database has its digest.";
  let count = 0;
  const damaged: string[] = [];
  for (const row of database.prepare("SELECT job, unit, digest, bytes FROM results WHERE bytes IS NOT NULL").iterate()) {
    const { job, unit, digest, bytes } = row as { job: number; unit: number; digest: Uint8Array; bytes: Uint8Array };
    count++;
    if (!createHash("sha256").update(bytes).digest().equals(digest)) damaged.push(`unit ${unit} of job ${job}`);
  }
  if (damaged.length === 0) return right(check, `${count.toLocaleString("en")} results`);
  return wrong(check, `${damaged.length} do not: ${damaged.slice(0, SHOWN).join("; ")}`, RESTORE);
}

/** A note: a stop may come before all is voided, and the next start goes on. */
function brokenOff(database: DatabaseSyncInstance): Finding {
  const check = "Credit for what jobs that were broken off left open is taken back.";
  const row = database
    .prepare(
      "SELECT count(DISTINCT page) AS pages FROM jobs JOIN journal ON journal.job = jobs.id WHERE state IN ('cancelled', 'failed') GROUP BY jobs.id",
    )
    .all() as { pages: number }[];
  const pages = row.reduce((sum, job) => sum + job.pages, 0);
  if (pages === 0) return right(check, "nothing is left");
  return { ...right(check, `${pages.toLocaleString("en")} pages are left`), todo: "The next start of the coordinator goes on with them." };
}

async function blobDigests(blobs: DiskBlobs): Promise<Finding> {
  const check = "Each blob has the digest that is its name.";
  let count = 0;
  const damaged: BlobHash[] = [];
  for await (const hash of blobs.list()) {
    count++;
    const sha256 = createHash("sha256");
    for await (const chunk of blobs.stream(hash)) sha256.update(chunk as Uint8Array);
    if (sha256.digest("hex") !== hash) damaged.push(hash);
  }
  if (damaged.length === 0) return right(check, `${count.toLocaleString("en")} blobs`);
  const todo = "Copy these files from a backup: their names are their contents' digests, so any copy will do.";
  return wrong(check, `${damaged.length} do not: ${damaged.slice(0, SHOWN).join(", ")}`, todo);
}

async function missingBlobs(database: DatabaseSyncInstance, blobs: DiskBlobs): Promise<Finding> {
  const check = "Each blob that is referred to is there.";
  let count = 0;
  const missing: string[] = [];
  for await (const { hash, by } of referencedBlobs(database, blobs)) {
    count++;
    if ((await blobs.size(hash)) === undefined) missing.push(`${hash} (${by})`);
  }
  if (missing.length === 0) return right(check, `${count.toLocaleString("en")} references`);
  const todo = "Copy these files from a backup into blobs/<first two digits>/.";
  return wrong(check, `${missing.length} are not: ${missing.slice(0, SHOWN).join("; ")}`, todo);
}

/** A note: such blobs do no harm. Their references are in a table that SQLite keeps in a file of its own, for they may be many. */
async function unreferencedBlobs(database: DatabaseSyncInstance, blobs: DiskBlobs): Promise<Finding> {
  const check = "Blobs that nothing refers to do no harm.";
  database.exec("CREATE TEMP TABLE referenced (hash TEXT PRIMARY KEY) WITHOUT ROWID");
  const add = database.prepare("INSERT OR IGNORE INTO temp.referenced VALUES (?)");
  for await (const { hash } of referencedBlobs(database, blobs)) add.run(hash);
  database.exec("INSERT OR IGNORE INTO temp.referenced SELECT lower(hex(digest)) FROM garbage");
  const known = database.prepare("SELECT 1 FROM temp.referenced WHERE hash = ?");
  const found: BlobHash[] = [];
  let count = 0;
  let bytes = 0;
  for await (const hash of blobs.list()) {
    if (known.get(hash)) continue;
    count++;
    bytes += (await blobs.size(hash)) ?? 0;
    if (found.length < SHOWN) found.push(hash);
  }
  if (count === 0) return right(check, "there is none");
  const todo = "While the coordinator is stopped these files may be deleted to free the space.";
  return { ...right(check, `${count.toLocaleString("en")} of ${(bytes / 1e6).toFixed(1)} MB: ${found.join(", ")}`), todo };
}

async function freeSpace(folder: string): Promise<Finding> {
  const check = "The disk has room.";
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${(free / 1e9).toFixed(1)} GB free`;
  return free >= LITTLE_SPACE_BYTES ? right(check, found) : wrong(check, found, "Free some, or move the data folder to a larger disk.");
}

function right(check: string, found: string): Finding {
  return { check, holds: true, found, todo: "" };
}

function wrong(check: string, found: string, todo: string): Finding {
  return { check, holds: false, found, todo };
}
