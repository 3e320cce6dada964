/**
 * One batch of the core's operations as one transaction. Operations are grouped by kind: rows come before what points at them,
 * and each kind is a few multi-row statements. A group keeps the core's order.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import type { AccountId, JobId, UnitIndex } from "../../shared/ids.ts";
import type { JobTally, StoreOp } from "../core/store.ts";
import type { Outcome, Tables } from "./tables.ts";

/** Result bytes longer than this belong into the blob store. */
export const MAX_INLINE_BYTES = 64 * 1024;
/** Rows a statement; few sizes, so that few statements are prepared. */
const CHUNK_SIZES = [256, 64, 16, 4, 1] as const;

type Op<Type extends StoreOp["type"]> = Extract<StoreOp, { type: Type }>;

/** All of `ops` or nothing. Rejects when one contradicts what is stored: a second final result, a replica settled twice. */
export async function commitOps(database: Kysely<Tables>, ops: readonly StoreOp[]): Promise<void> {
  const groups = groupByType(ops);
  await database.transaction().execute(async (trx) => {
    await insertReplicas(trx, groups.replica);
    await insertBytes(trx, groups.bytes);
    const ended = [...groups.final, ...groups["unit-failed"]];
    await endUnits(trx, ended);
    await settle(trx, groups.settle);
    await dropLosingBytes(trx, ended);
    await changeTotals(trx, groups);
    await changeTallies(trx, groups);
    for (const op of groups["job-state"]) await changeJob(trx, op);
    for (const op of groups.forget) await forget(trx, op);
  });
}

type Groups = { [Type in StoreOp["type"]]: Op<Type>[] };

function groupByType(ops: readonly StoreOp[]): Groups {
  const groups: Groups = { "job-state": [], replica: [], bytes: [], final: [], "unit-failed": [], settle: [], forget: [] };
  for (const op of ops) (groups[op.type] as StoreOp[]).push(op);
  return groups;
}

async function insertReplicas(trx: Transaction<Tables>, ops: readonly Op<"replica">[]): Promise<void> {
  for (const chunk of chunks(ops)) {
    const rows = chunk.map(({ replica }) => ({
      job: replica.job,
      unit: replica.unit,
      account: replica.account,
      cluster: replica.cluster,
      assignment: replica.assignment,
      digest: Buffer.from(replica.digest, "hex"),
      status: replica.status,
      gpu_micros: replica.gpuMicros,
      credit: replica.credit,
      outcome: "open" as const,
      at: replica.at,
    }));
    await trx.insertInto("replicas").values(rows).execute();
  }
}

async function insertBytes(trx: Transaction<Tables>, ops: readonly Op<"bytes">[]): Promise<void> {
  for (const chunk of chunks(ops)) {
    const rows = chunk.map(({ job, unit, digest, bytes }) => {
      if (bytes && bytes.byteLength > MAX_INLINE_BYTES)
        throw new RangeError(`unit ${unit}: ${bytes.byteLength} bytes are too many for a row`);
      return { job, unit, digest: Buffer.from(digest, "hex"), bytes };
    });
    await trx.insertInto("results").values(rows).execute();
  }
}

async function endUnits(trx: Transaction<Tables>, ops: readonly (Op<"final"> | Op<"unit-failed">)[]): Promise<void> {
  for (const chunk of chunks(ops)) {
    const rows = chunk.map((op) => ({
      job: op.job,
      unit: op.unit,
      digest: op.type === "final" ? Buffer.from(op.digest, "hex") : null,
      at: op.at,
    }));
    await trx.insertInto("units").values(rows).execute();
  }
}

async function settle(trx: Transaction<Tables>, ops: readonly Op<"settle">[]): Promise<void> {
  for (const outcome of ["final", "refused", "void"] as const) {
    for (const chunk of chunks(ops.filter((op) => op.outcome === outcome))) {
      const keys = sql.join(chunk.map((op) => sql`(${op.job}, ${op.unit}, ${op.account})`));
      const result = await sql`UPDATE replicas SET outcome = ${outcome}, cluster = ''
        WHERE outcome = 'open' AND (job, unit, account) IN (VALUES ${keys})`.execute(trx);
      if (Number(result.numAffectedRows) !== chunk.length) throw new Error("a replica was settled twice or was never recorded");
    }
  }
}

async function dropLosingBytes(trx: Transaction<Tables>, ops: readonly { job: JobId; unit: UnitIndex }[]): Promise<void> {
  for (const chunk of chunks(ops)) {
    const keys = sql.join(chunk.map((op) => sql`(${op.job}, ${op.unit})`));
    await sql`DELETE FROM results WHERE (job, unit) IN (VALUES ${keys})
      AND digest IS NOT (SELECT units.digest FROM units WHERE units.job = results.job AND units.unit = results.unit)`.execute(trx);
  }
}

async function changeTotals(trx: Transaction<Tables>, groups: Groups): Promise<void> {
  const totals = new Map<AccountId, Totals>();
  const of = (account: AccountId): Totals => {
    let total = totals.get(account);
    if (!total) {
      total = { escrow: 0, final: 0, submitted: 0, unitsFinal: 0, refused: 0, micros: 0 };
      totals.set(account, total);
    }
    return total;
  };
  for (const { replica } of groups.replica) {
    const total = of(replica.account);
    total.escrow += replica.credit;
    total.submitted++;
    total.micros += replica.gpuMicros;
  }
  for (const { account, credit, outcome } of groups.settle) {
    const total = of(account);
    total.escrow -= credit;
    if (outcome === "final") {
      total.final += credit;
      total.unitsFinal++;
    } else if (outcome === "refused") total.refused++;
  }
  for (const [account, total] of totals) {
    await trx
      .updateTable("accounts")
      .where("id", "=", account)
      .set((eb) => ({
        credit_escrow: eb("credit_escrow", "+", total.escrow),
        credit_final: eb("credit_final", "+", total.final),
        units_submitted: eb("units_submitted", "+", total.submitted),
        units_final: eb("units_final", "+", total.unitsFinal),
        units_refused: eb("units_refused", "+", total.refused),
        gpu_micros: eb("gpu_micros", "+", total.micros),
      }))
      .execute();
  }
}

interface Totals {
  escrow: number;
  final: number;
  submitted: number;
  unitsFinal: number;
  refused: number;
  micros: number;
}

async function changeTallies(trx: Transaction<Tables>, groups: Groups): Promise<void> {
  const tallies = new Map<JobId, JobTally>();
  const of = (job: JobId): JobTally => {
    let tally = tallies.get(job);
    if (!tally) {
      tally = { counted: 0, refused: 0, recorded: 0, final: 0 };
      tallies.set(job, tally);
    }
    return tally;
  };
  for (const { replica } of groups.replica) if (replica.status === "ok") of(replica.job).counted++;
  const finals = new Set<string>();
  for (const { job, unit } of groups.final) {
    of(job).final++;
    finals.add(`${job}:${unit}`);
  }
  // The core settles a unit's replicas in the step that ends it.
  for (const { job, unit, outcome } of groups.settle) {
    if (finals.has(`${job}:${unit}`)) of(job).recorded++;
    if (outcome === "refused") of(job).refused++;
  }
  for (const [job, tally] of tallies) {
    await trx
      .updateTable("jobs")
      .where("id", "=", job)
      .set((eb) => ({
        counted: eb("counted", "+", tally.counted),
        refused: eb("refused", "+", tally.refused),
        recorded: eb("recorded", "+", tally.recorded),
        final: eb("final", "+", tally.final),
      }))
      .execute();
  }
}

async function changeJob(trx: Transaction<Tables>, op: Op<"job-state">): Promise<void> {
  const over = op.state === "done" || op.state === "failed" || op.state === "cancelled";
  await trx
    .updateTable("jobs")
    .where("id", "=", op.job)
    .set({ state: op.state, reason: op.reason, ...(over ? { finished_at: op.at } : {}) })
    .execute();
  if (op.state === "failed" || op.state === "cancelled") await voidOpen(trx, op.job);
}

/** Nothing of a job that was broken off will be verified any more. */
async function voidOpen(trx: Transaction<Tables>, job: JobId): Promise<void> {
  await sql`UPDATE accounts SET credit_escrow = credit_escrow - voided.credit
    FROM (SELECT account, sum(credit) AS credit FROM replicas WHERE job = ${job} AND outcome = 'open' GROUP BY account) AS voided
    WHERE accounts.id = voided.account`.execute(trx);
  const outcome: Outcome = "void";
  await trx.updateTable("replicas").where("job", "=", job).where("outcome", "=", "open").set({ outcome, cluster: "" }).execute();
  await sql`DELETE FROM results WHERE job = ${job}
    AND digest IS NOT (SELECT units.digest FROM units WHERE units.job = results.job AND units.unit = results.unit)`.execute(trx);
}

async function forget(trx: Transaction<Tables>, op: Op<"forget">): Promise<void> {
  await trx.updateTable("accounts").where("id", "=", op.account).set({ public_key: null, forgotten_at: op.at }).execute();
}

/** Cuts rows into a few fixed sizes. */
function* chunks<T>(rows: readonly T[]): Generator<readonly T[]> {
  let from = 0;
  for (const size of CHUNK_SIZES) {
    for (; rows.length - from >= size; from += size) yield rows.slice(from, from + size);
  }
}
