/** Carries the rows of versions 1 to 3, one a replica and one a unit, into journal rows and packed pages, and drops them. */

import type { DatabaseSyncInstance } from "@photostructure/sqlite";
import type { JobState } from "../../shared/api.ts";
import { toHex } from "../../shared/bytes.ts";
import type { AccountId, JobId, StatementId, UnitIndex } from "../../shared/ids.ts";
import type { Outcome } from "../../shared/protocol.ts";
import { isOver, PAGE_UNITS, type Settled } from "../core/store.ts";
import { JournalWriter, MAX_PAGE_BYTES } from "./journal.ts";
import { pack } from "./packed.ts";
import { replayAll } from "./page.ts";

const NO_STATEMENT = 0 as StatementId;

interface OldReplica {
  seq: number;
  unit: number;
  account: number;
  cluster: string;
  assignment: string;
  digest: Uint8Array;
  status: "ok" | "failed";
  gpu_micros: number;
  credit: number;
  outcome: Outcome;
  at: number;
}
interface OldUnit {
  unit: number;
  digest: Uint8Array | null;
  at: number;
}
interface OldResult {
  unit: number;
  digest: Uint8Array;
  bytes: Uint8Array | null;
}
interface OldJob {
  id: number;
  state: JobState;
  units: number;
}

export function packOldUnits(database: DatabaseSyncInstance): void {
  const jobs = database.prepare("SELECT id, state, json_extract(spec, '$.units') AS units FROM jobs").all() as unknown as OldJob[];
  const touched = database.prepare(
    `SELECT DISTINCT unit / ${PAGE_UNITS} AS page FROM (SELECT unit FROM replicas WHERE job = ?1 UNION ALL SELECT unit FROM units WHERE job = ?1)`,
  );
  for (const job of jobs) for (const row of touched.all(job.id)) packOldPage(database, job, (row as unknown as { page: number }).page);
  database.exec(`DROP TABLE units; DROP TABLE replicas; DELETE FROM results WHERE length(bytes) <= ${MAX_PAGE_BYTES}`);
}

function packOldPage(database: DatabaseSyncInstance, job: OldJob, page: number): void {
  const first = page * PAGE_UNITS;
  const rows = <Row>(sql: string) => database.prepare(sql).all(job.id, first, first + PAGE_UNITS) as unknown as Row[];
  const replicas = rows<OldReplica>("SELECT * FROM replicas WHERE job = ? AND unit >= ? AND unit < ? ORDER BY seq");
  const ended = rows<OldUnit>("SELECT unit, digest, at FROM units WHERE job = ? AND unit >= ? AND unit < ?");
  const results = rows<OldResult>("SELECT unit, digest, bytes FROM results WHERE job = ? AND unit >= ? AND unit < ?");
  const body = bodyOf(job.id as JobId, replicas, ended, results);

  const over = isOver(job);
  const whole = ended.length === Math.min(PAGE_UNITS, job.units - first);
  const table = over || whole ? "pages" : "journal";
  database
    .prepare(`INSERT INTO ${table} (job, page, body) VALUES (?, ?, ?)`)
    .run(job.id, page, over || whole ? pack(replayAll([body])) : body);

  const share = database.prepare("INSERT OR IGNORE INTO page_accounts (account, job, page) VALUES (?, ?, ?)");
  for (const { account } of replicas) share.run(account, job.id, page);
  const fail = database.prepare("INSERT INTO failures (job, unit, at) VALUES (?, ?, ?)");
  for (const { unit, digest, at } of ended) if (!digest) fail.run(job.id, unit, at);
  const canonical = new Map(ended.map((unit) => [unit.unit, unit]));
  const refuse = database.prepare("INSERT INTO refusals (job, unit, account, digest, canonical, at) VALUES (?, ?, ?, ?, ?, ?)");
  for (const { unit, account, digest, outcome } of replicas) {
    const end = canonical.get(unit);
    if (outcome === "refused" && end?.digest) refuse.run(job.id, unit, account, digest, end.digest, end.at);
  }
}

function bodyOf(job: JobId, replicas: readonly OldReplica[], ended: readonly OldUnit[], results: readonly OldResult[]): Uint8Array {
  const writer = new JournalWriter();
  for (const row of replicas) {
    const { account, cluster, assignment, status, credit, at } = row;
    writer.write({
      type: "replica",
      replica: {
        job,
        unit: row.unit as UnitIndex,
        account: account as AccountId,
        cluster,
        assignment,
        digest: toHex(row.digest),
        status,
        gpuMicros: row.gpu_micros,
        credit,
        statement: NO_STATEMENT,
        at,
      },
    });
  }
  for (const { unit, digest, bytes } of results)
    writer.write({ type: "bytes", job, unit: unit as UnitIndex, digest: toHex(digest), bytes });
  const settledOf = new Map<number, Settled[]>();
  for (const { unit, account, credit, outcome, digest } of replicas) {
    const settled = settledOf.get(unit) ?? [];
    const end = outcome === "open" ? "void" : outcome;
    settled.push({ account: account as AccountId, credit, outcome: end, digest: toHex(digest), statement: NO_STATEMENT, signed: true });
    settledOf.set(unit, settled);
  }
  for (const { unit, digest, at } of ended) {
    const settled = settledOf.get(unit) ?? [];
    const op = { job, unit: unit as UnitIndex, settled, at };
    writer.write(digest ? { type: "final", digest: toHex(digest), audited: "no", ...op } : { type: "unit-failed", ...op });
  }
  return writer.body;
}
