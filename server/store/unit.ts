/** What is kept of one unit: its end, its replicas and the results whose bytes are there. */
import type { Kysely } from "kysely";
import { toHex } from "../../shared/bytes.ts";
import type { AccountId, JobId, UnitIndex } from "../../shared/ids.ts";
import type { FinalRow, UnitReplicaRow, UnitRow } from "../core/store.ts";
import { openOutcome } from "./packing.ts";
import type { PageReplica } from "./page.ts";
import { digestOf, type PageReader } from "./reading.ts";
import { signedAmong } from "./statements.ts";
import { storedSpec } from "./stored-job.ts";
import type { Tables } from "./tables.ts";

/** Undefined when nobody has answered it. */
export async function unitRow(database: Kysely<Tables>, pages: PageReader, job: JobId, unit: UnitIndex): Promise<UnitRow | undefined> {
  const found = await pages.unit(job, unit);
  if (!found) return undefined;
  const { ended, at, replicas, results } = found;
  const kept = results.map(digestOf);
  const digest = ended === "final" ? (kept[0] ?? null) : null;
  const [ifOpen, tolerant, keys, refused, signed] = await Promise.all([
    openOutcome(database, job),
    isTolerant(database, job),
    keysOf(database, replicas),
    refusedDigests(database, job, unit),
    signedAmong(database, new Set(replicas.map(({ statement }) => statement))),
  ]);
  const digestGiven = ({ digest: kept, outcome, account }: PageReplica) => {
    if (kept) return toHex(kept);
    // Which of several results within the tolerance it was is forgotten with its page.
    if (outcome === "final") return tolerant ? null : digest;
    return refused.get(account) ?? null;
  };
  const rowOf = (replica: PageReplica): UnitReplicaRow => ({
    account: replica.account as AccountId,
    publicKey: keys.get(replica.account) ?? null,
    status: replica.status,
    outcome: replica.outcome === "open" ? ifOpen : replica.outcome,
    gpuMicros: replica.gpuMicros,
    credit: replica.credit,
    signed: signed.has(replica.statement),
    digest: digestGiven(replica),
    cluster: replica.sender?.cluster ?? null,
  });
  return { ended, at: ended ? at : null, digest, replicas: replicas.map(rowOf), kept };
}

/** Bytes of a unit that has ended: an open one's are shown to nobody. */
export async function keptResult(pages: PageReader, job: JobId, unit: UnitIndex, digest: string): Promise<FinalRow | undefined> {
  const found = await pages.unit(job, unit);
  return found?.ended ? await storedResult(pages, job, unit, digest) : undefined;
}

/** Whether it has ended or not: nobody is shown these. */
export async function storedResult(pages: PageReader, job: JobId, unit: UnitIndex, digest: string): Promise<FinalRow | undefined> {
  const found = await pages.unit(job, unit);
  const result = found?.results.find((each) => digestOf(each) === digest);
  return found && result && (await pages.resultRow(job, unit, result, found.at));
}

async function isTolerant(database: Kysely<Tables>, job: JobId): Promise<boolean> {
  const row = await database.selectFrom("jobs").select("spec").where("id", "=", job).executeTakeFirst();
  return row ? (storedSpec(job, row.spec).tolerant ?? false) : false;
}

async function keysOf(database: Kysely<Tables>, replicas: readonly PageReplica[]): Promise<Map<number, UnitReplicaRow["publicKey"]>> {
  if (replicas.length === 0) return new Map();
  const ids = replicas.map(({ account }) => account as AccountId);
  const rows = await database.selectFrom("accounts").select(["id", "public_key"]).where("id", "in", ids).execute();
  return new Map(rows.map((row) => [row.id, row.public_key]));
}

/** A packed page has no digests; of those that lost there is a list. */
async function refusedDigests(database: Kysely<Tables>, job: JobId, unit: UnitIndex): Promise<Map<number, string>> {
  const rows = await database
    .selectFrom("refusals")
    .select(["account", "digest"])
    .where("job", "=", job)
    .where("unit", "=", unit)
    .execute();
  return new Map(rows.map((row) => [row.account, toHex(row.digest)]));
}
