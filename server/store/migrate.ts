import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import { packOldUnits } from "./old-units.ts";

/** Forward only: a released entry is never changed, the next one is appended. */
const MIGRATIONS: readonly (string | ((database: DatabaseSyncInstance) => void))[] = [
  `
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL, owner_name TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL,
    manifest TEXT NOT NULL, plan TEXT NOT NULL, source TEXT NOT NULL, spec TEXT NOT NULL,
    created_at INTEGER NOT NULL, finished_at INTEGER
  ) STRICT;

  CREATE TABLE accounts (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    public_key TEXT UNIQUE,
    credit_escrow REAL NOT NULL DEFAULT 0, credit_final REAL NOT NULL DEFAULT 0,
    units_submitted INTEGER NOT NULL DEFAULT 0, units_final INTEGER NOT NULL DEFAULT 0, units_refused INTEGER NOT NULL DEFAULT 0,
    gpu_micros INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL, forgotten_at INTEGER
  ) STRICT;

  CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL, admin INTEGER NOT NULL, secret_hash TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL, revoked_at INTEGER
  ) STRICT;

  CREATE TABLE secrets (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE replicas (
    seq INTEGER PRIMARY KEY,
    job INTEGER NOT NULL REFERENCES jobs (id), unit INTEGER NOT NULL, account INTEGER NOT NULL REFERENCES accounts (id),
    cluster TEXT NOT NULL, assignment TEXT NOT NULL, digest BLOB NOT NULL, status TEXT NOT NULL,
    gpu_micros INTEGER NOT NULL, credit REAL NOT NULL, outcome TEXT NOT NULL, at INTEGER NOT NULL,
    UNIQUE (job, unit, account)
  ) STRICT;
  CREATE INDEX replicas_open ON replicas (job, unit) WHERE outcome = 'open';
  CREATE INDEX replicas_refused ON replicas (job, seq) WHERE outcome = 'refused';
  CREATE INDEX replicas_account ON replicas (account, job);

  CREATE TABLE results (
    job INTEGER NOT NULL, unit INTEGER NOT NULL, digest BLOB NOT NULL, bytes BLOB,
    UNIQUE (job, unit, digest)
  ) STRICT;

  CREATE TABLE units (
    job INTEGER NOT NULL REFERENCES jobs (id), unit INTEGER NOT NULL, digest BLOB, at INTEGER NOT NULL,
    PRIMARY KEY (job, unit),
    FOREIGN KEY (job, unit, digest) REFERENCES results (job, unit, digest)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX units_failed ON units (job, unit) WHERE digest IS NULL;
  `,
  `
  ALTER TABLE jobs ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN refused INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN recorded INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN final INTEGER NOT NULL DEFAULT 0;
  UPDATE jobs SET final = (SELECT count(digest) FROM units WHERE units.job = jobs.id);
  UPDATE jobs SET (counted, refused, recorded) = (
    SELECT coalesce(sum(status = 'ok'), 0), coalesce(sum(outcome = 'refused'), 0), coalesce(sum(units.digest IS NOT NULL), 0)
    FROM replicas LEFT JOIN units ON units.job = replicas.job AND units.unit = replicas.unit
    WHERE replicas.job = jobs.id
  );
  CREATE INDEX accounts_credit ON accounts (credit_final DESC, id) WHERE public_key IS NOT NULL;
  `,
  `
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    job INTEGER NOT NULL REFERENCES jobs (id), page INTEGER NOT NULL, body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX journal_page ON journal (job, page);

  CREATE TABLE pages (
    job INTEGER NOT NULL REFERENCES jobs (id), page INTEGER NOT NULL, body BLOB NOT NULL,
    UNIQUE (job, page)
  ) STRICT;

  CREATE TABLE page_accounts (
    account INTEGER NOT NULL, job INTEGER NOT NULL, page INTEGER NOT NULL,
    PRIMARY KEY (account, job, page)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE failures (
    job INTEGER NOT NULL, unit INTEGER NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (job, unit)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE refusals (
    seq INTEGER PRIMARY KEY,
    job INTEGER NOT NULL, unit INTEGER NOT NULL, account INTEGER NOT NULL,
    digest BLOB NOT NULL, canonical BLOB NOT NULL, at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX refusals_job ON refusals (job, seq);

  CREATE TABLE garbage (digest BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE INDEX results_blobs ON results (digest) WHERE bytes IS NULL;
  `,
  packOldUnits,
  // A job that was cancelled before it could be told apart counts as one that had started: it was public until now.
  `
  ALTER TABLE jobs ADD COLUMN started_at INTEGER;
  UPDATE jobs SET started_at = created_at WHERE state NOT IN ('draft', 'canary');
  `,
  `
  CREATE TABLE sites (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    origin TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, off_at INTEGER
  ) STRICT;
  `,
  // The journal may hold records of kind 6 (records.ts) from here on, which earlier programs do not know.
  `
  ALTER TABLE accounts ADD COLUMN audits_passed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE accounts ADD COLUMN proven_wrong INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE accounts ADD COLUMN proven_at INTEGER;
  ALTER TABLE jobs ADD COLUMN audited INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE watched (cluster TEXT PRIMARY KEY, until INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  `,
  // Refusals are looked up by unit too: each unit has a page of its own, and anybody may ask for it.
  "CREATE INDEX refusals_unit ON refusals (job, unit);",
  // The journal may hold records of kind 7, and packed pages be of version 2, from here on.
  `
  CREATE TABLE statements (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES accounts (id),
    session BLOB NOT NULL, results INTEGER NOT NULL, hash BLOB NOT NULL, at INTEGER NOT NULL,
    earned REAL NOT NULL DEFAULT 0,
    signature BLOB, signed_at INTEGER
  ) STRICT;
  CREATE INDEX statements_unsigned ON statements (account, hash) WHERE signature IS NULL;
  `,
  // What jobs took before is not counted: none of them may take only so much.
  `
  ALTER TABLE jobs ADD COLUMN canary TEXT;
  ALTER TABLE jobs ADD COLUMN gpu_micros INTEGER NOT NULL DEFAULT 0;
  `,
  `
  CREATE TABLE pools (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES tokens (id), owner_name TEXT NOT NULL, name TEXT NOT NULL,
    created_at INTEGER NOT NULL, off_at INTEGER,
    invite_hash TEXT UNIQUE, invite_until INTEGER
  ) STRICT;
  CREATE TABLE members (
    pool INTEGER NOT NULL REFERENCES pools (id), account INTEGER NOT NULL REFERENCES accounts (id),
    joined_at INTEGER NOT NULL, left_at INTEGER,
    submitted INTEGER NOT NULL DEFAULT 0, final INTEGER NOT NULL DEFAULT 0, refused INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (pool, account)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX members_account ON members (account);
  ALTER TABLE jobs ADD COLUMN pool INTEGER REFERENCES pools (id);
  `,
  `
  ALTER TABLE jobs ADD COLUMN checked INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE jobs ADD COLUMN checked_slices INTEGER NOT NULL DEFAULT 0;
  `,
  // The journal may hold records of kind 8 from here on. What a site's visitors gave before is not known.
  `
  ALTER TABLE sites ADD COLUMN units INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sites ADD COLUMN credit REAL NOT NULL DEFAULT 0;
  ALTER TABLE sites ADD COLUMN counted_from INTEGER NOT NULL DEFAULT 0;
  UPDATE sites SET counted_from = unixepoch() * 1000;
  `,
  `
  ALTER TABLE sites ADD COLUMN hour INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sites ADD COLUMN units_before INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE sites ADD COLUMN credit_before REAL NOT NULL DEFAULT 0;
  `,
  // Who made a job that began before is not counted.
  `
  ALTER TABLE jobs ADD COLUMN made_by INTEGER;
  CREATE TABLE makers (
    job INTEGER NOT NULL REFERENCES jobs (id), account INTEGER NOT NULL,
    PRIMARY KEY (job, account)
  ) STRICT, WITHOUT ROWID;
  `,
  // The journal may hold records of kind 9 from here on, and jobs compare within a tolerance.
  "",
  // Links that were made before let in as many as come.
  `
  ALTER TABLE pools ADD COLUMN invite_uses INTEGER;
  ALTER TABLE members ADD COLUMN name TEXT NOT NULL DEFAULT '';
  `,
  // Until now each device was an account of its own, and it stays one until it is joined to others.
  `
  CREATE TABLE devices (
    account INTEGER PRIMARY KEY REFERENCES accounts (id), account_key TEXT NOT NULL,
    name TEXT NOT NULL, created INTEGER NOT NULL, signature BLOB NOT NULL, linked_at INTEGER NOT NULL,
    revoked_at INTEGER, revocation_created INTEGER, revocation BLOB
  ) STRICT;
  CREATE INDEX devices_account_key ON devices (account_key);
  `,
  // What volunteers of jobs that are over, or replicas that are recorded by now, computed on is not known.
  `
  CREATE TABLE gpu_pairs (
    job INTEGER NOT NULL REFERENCES jobs (id), bucket TEXT NOT NULL, other TEXT NOT NULL,
    same INTEGER NOT NULL DEFAULT 0, alike INTEGER NOT NULL DEFAULT 0, taken REAL NOT NULL DEFAULT 0,
    differed INTEGER NOT NULL DEFAULT 0, proven INTEGER NOT NULL DEFAULT 0, undecided INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, bucket, other)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE gpu_hosts (
    job INTEGER NOT NULL, bucket TEXT NOT NULL, account INTEGER NOT NULL,
    PRIMARY KEY (job, bucket, account)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE deviations (
    account INTEGER NOT NULL, job INTEGER NOT NULL, bucket TEXT NOT NULL, other TEXT NOT NULL, units INTEGER NOT NULL,
    PRIMARY KEY (account, job, bucket, other)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deviations_pair ON deviations (job, bucket, other);
  CREATE TABLE deviation_examples (
    account INTEGER NOT NULL, job INTEGER NOT NULL, bucket TEXT NOT NULL, other TEXT NOT NULL, unit INTEGER NOT NULL,
    audited INTEGER NOT NULL, difference TEXT NOT NULL,
    PRIMARY KEY (job, bucket, other, unit, account)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX deviation_examples_account ON deviation_examples (account);
  `,
  `
  CREATE TABLE wishes (
    device INTEGER PRIMARY KEY REFERENCES accounts (id),
    turn INTEGER NOT NULL, paused INTEGER NOT NULL, share INTEGER NOT NULL,
    by_key TEXT, signature BLOB
  ) STRICT;
  CREATE INDEX wishes_by_key ON wishes (by_key);
  `,
  `
  CREATE TABLE boxes (
    account INTEGER PRIMARY KEY REFERENCES accounts (id), keeper INTEGER NOT NULL REFERENCES accounts (id),
    site TEXT NOT NULL, kept_at INTEGER NOT NULL, taken_back_at INTEGER
  ) STRICT;
  CREATE INDEX boxes_keeper ON boxes (keeper);
  `,
];

/** Version of a database that this program has brought up to date. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the database to the newest version, or to the one given, each step in a transaction of its own. Throws when it is newer than this program. */
export function migrate(database: DatabaseSyncInstance, upTo: number = MIGRATIONS.length): void {
  database.exec("CREATE TABLE IF NOT EXISTS versions (version INTEGER PRIMARY KEY, at INTEGER NOT NULL DEFAULT (unixepoch()))");
  const row: unknown = database.prepare("SELECT coalesce(max(version), 0) AS version FROM versions").get();
  const version = (row as { version: number }).version;
  if (version > MIGRATIONS.length) {
    throw new Error(`The database has version ${version}, this program knows ${MIGRATIONS.length}: update the program.`);
  }
  for (const [index, migration] of MIGRATIONS.entries()) {
    if (index < version || index >= upTo) continue;
    database.exec("BEGIN IMMEDIATE");
    try {
      if (typeof migration === "string") database.exec(migration);
      else migration(database);
      database.prepare("INSERT INTO versions (version) VALUES (?)").run(index + 1);
      database.exec("COMMIT");
    } catch (error) {
      database.exec("ROLLBACK");
      throw error;
    }
  }
}
