/**
 * One batch of the core's operations as one transaction. What was done to a page's units is one journal row, in the core's
 * order; totals of accounts and jobs are changed once, by their sums.
 */
import { CompiledQuery, type Transaction } from "kysely";
import { addMicros } from "../../shared/gputime.ts";
import type { AccountId, JobId } from "../../shared/ids.ts";
import { isOver, isPassed, isWhole, type JobTally, pageOf, type Settled, type StoreOp } from "../core/store.ts";
import { type AccountSums, noSums } from "./account-sums.ts";
import { forgetBoxes } from "./boxes.ts";
import { chunks } from "./chunks.ts";
import type { Database } from "./database.ts";
import { changeDevice, type DeviceOp, forgetDevices } from "./devices.ts";
import { JournalWriter, placeOf, type UnitOp } from "./journal.ts";
import { Makers } from "./makers.ts";
import { packPage } from "./packing.ts";
import { changeMembers, countMemberUnits, forgetMemberships, type MembershipOp, type MemberUnits } from "./pools.ts";
import { dropWitness, PortabilityBatch } from "./portability.ts";
import { Place } from "./records.ts";
import { RowText } from "./row-text.ts";
import { SiteBatch } from "./sites.ts";
import { StatementBatch } from "./statements.ts";
import type { Tables } from "./tables.ts";

type Op<Type extends StoreOp["type"]> = Extract<StoreOp, { type: Type }>;

/** All of `ops` or nothing. Rejects when a page that has ended contradicts itself: two ends of a unit, two replicas of an account. */
export async function commitOps(database: Database, ops: readonly StoreOp[]): Promise<void> {
  const batch = new Batch();
  for (const op of ops) batch.add(op);
  await database.durably((trx) => batch.write(trx));
}

class Batch {
  private readonly journal = new Map<JobId, Map<number, JournalWriter>>();
  private readonly totals = new Map<AccountId, Totals>();
  private readonly tallies = new Map<JobId, JobTally>();
  private readonly statements = new StatementBatch();
  private readonly sites = new SiteBatch();
  private readonly shares = new Map<string, { account: AccountId; job: JobId; page: number }>();
  private readonly makers = new Makers();
  private readonly portability = new PortabilityBatch();
  private readonly large: Op<"bytes">[] = [];
  private readonly failed: Op<"unit-failed">[] = [];
  private readonly refused: (Settled & { op: Op<"final"> })[] = [];
  private readonly endedPages: Op<"page-ended">[] = [];
  private readonly proven: Op<"proven-wrong">[] = [];
  private readonly states: Op<"job-state">[] = [];
  private readonly specs: (Op<"canary"> | Op<"spec">)[] = [];
  private readonly pools: MembershipOp[] = [];
  private readonly devices: DeviceOp[] = [];
  private readonly memberUnits = new Map<string, MemberUnits>();
  private readonly forgotten: Op<"forget">[] = [];

  add(op: StoreOp): void {
    switch (op.type) {
      case "statement":
        this.statements.mark(op);
        return;
      case "signed":
        this.statements.sign(op);
        return;
      case "replica":
        this.addReplica(op);
        return;
      case "gpu-time": {
        const tally = this.tallyOf(op.job);
        tally.gpuMicros = addMicros(tally.gpuMicros, op.micros);
        return;
      }
      case "bytes":
        this.writer(op.job, pageOf(op.unit)).write(op);
        if (placeOf(op.unit, op.bytes) !== Place.Inline) this.large.push(op);
        return;
      case "final":
      case "unit-failed":
        this.addEnd(op);
        return;
      case "page-ended":
        this.endedPages.push(op);
        return;
      case "due":
        this.writer(op.job, pageOf(op.unit)).write(op);
        return;
      case "proven-wrong":
        this.proven.push(op);
        return;
      case "job-state":
        this.states.push(op);
        return;
      case "canary":
      case "spec":
        this.specs.push(op);
        return;
      case "member-joined":
      case "member-named":
      case "member-left":
      case "pool-off":
        this.pools.push(op);
        return;
      case "device-linked":
      case "device-revoked":
        this.devices.push(op);
        return;
      case "member-unit":
        this.unitsOf(op)[op.became]++;
        return;
      case "forget":
        this.forgotten.push(op);
        return;
      default:
        op satisfies never;
    }
  }

  async write(trx: Transaction<Tables>): Promise<void> {
    await this.writeJournal(trx);
    await this.writeRows(trx);
    await changeTotals(trx, this.totals);
    await changeTallies(trx, this.tallies);
    await this.statements.write(trx);
    await this.sites.write(trx);
    await this.makers.write(trx);
    await this.portability.write(trx);
    for (const { job, page } of this.endedPages) await packPage(trx, job, page);
    for (const op of this.proven) await markProven(trx, op);
    for (const op of this.specs) await keepSpec(trx, op);
    for (const op of this.states) await changeJob(trx, op);
    for (const op of this.pools) await changeMembers(trx, op);
    for (const units of this.memberUnits.values()) await countMemberUnits(trx, units);
    for (const op of this.devices) await changeDevice(trx, op);
    for (const { account, at } of this.forgotten) {
      await forgetMemberships(trx, account);
      await forgetDevices(trx, account);
      await forgetBoxes(trx, account);
      await trx.updateTable("accounts").where("id", "=", account).set({ public_key: null, forgotten_at: at }).execute();
    }
  }

  private addReplica(op: Op<"replica">): void {
    const { job, unit, account, credit, gpuMicros, status } = op.replica;
    const page = pageOf(unit);
    this.writer(job, page).write(op);
    const total = this.totalOf(account);
    total.escrow += credit;
    total.submitted++;
    total.micros = addMicros(total.micros, gpuMicros);
    const tally = this.tallyOf(job);
    tally.gpuMicros = addMicros(tally.gpuMicros, gpuMicros);
    if (status === "ok") tally.counted++;
    if (total.job === job && total.page === page) return;
    total.job = job;
    total.page = page;
    this.shares.set(`${account}:${job}:${page}`, { account, job, page });
  }

  private addEnd(op: Op<"final"> | Op<"unit-failed">): void {
    this.writer(op.job, pageOf(op.unit)).write(op as UnitOp);
    this.portability.add(op);
    const tally = this.tallyOf(op.job);
    if (op.type === "unit-failed") this.failed.push(op);
    else {
      tally.final++;
      tally.recorded += op.settled.length;
      if (isWhole(op.audited)) tally.audited++;
      if (op.slices !== undefined) tally.checked++;
      tally.checkedSlices += op.slices ?? 0;
    }
    for (const settled of op.settled) {
      const total = this.totalOf(settled.account);
      const isEarned = settled.outcome === "final" && !settled.signed;
      if (isEarned) this.statements.earn(settled);
      else total.escrow -= settled.credit;
      if (settled.outcome === "final") {
        this.makers.add(op.job, settled);
        if (!isEarned) total.final += settled.credit;
        total.unitsFinal++;
        this.sites.earn(settled, op.at);
        if (op.type === "final" && isPassed(op.audited)) total.passed++;
      } else if (settled.outcome === "refused" && op.type === "final") {
        total.refused++;
        tally.refused++;
        this.refused.push({ ...settled, op });
      }
    }
  }

  private async writeJournal(trx: Transaction<Tables>): Promise<void> {
    const rows: [job: JobId, page: number, body: Uint8Array][] = [];
    for (const [job, pages] of this.journal) for (const [page, { body }] of pages) rows.push([job, page, body]);
    for (const chunk of chunks(rows)) await trx.executeQuery(CompiledQuery.raw(JOURNAL.for(chunk.length), chunk.flat()));
  }

  private async writeRows(trx: Transaction<Tables>): Promise<void> {
    for (const chunk of chunks(this.large)) {
      const rows = chunk.map(({ job, unit, digest, bytes }) => ({ job, unit, digest: Buffer.from(digest, "hex"), bytes }));
      await trx.insertInto("results").values(rows).execute();
    }
    for (const chunk of chunks(this.failed)) {
      await trx
        .insertInto("failures")
        .values(chunk.map(({ job, unit, at }) => ({ job, unit, at })))
        .execute();
    }
    for (const chunk of chunks(this.refused)) {
      const rows = chunk.map(({ account, digest, op }) => ({
        job: op.job,
        unit: op.unit,
        account,
        digest: Buffer.from(digest, "hex"),
        canonical: Buffer.from(op.digest, "hex"),
        at: op.at,
      }));
      await trx.insertInto("refusals").values(rows).execute();
    }
    for (const chunk of chunks([...this.shares.values()])) {
      await trx
        .insertInto("page_accounts")
        .values(chunk)
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    }
  }

  private writer(job: JobId, page: number): JournalWriter {
    let pages = this.journal.get(job);
    if (!pages) {
      pages = new Map();
      this.journal.set(job, pages);
    }
    let writer = pages.get(page);
    if (!writer) {
      writer = new JournalWriter();
      pages.set(page, writer);
    }
    return writer;
  }

  private totalOf(account: AccountId): Totals {
    let total = this.totals.get(account);
    if (!total) {
      total = { ...noSums(), passed: 0, job: null, page: -1 };
      this.totals.set(account, total);
    }
    return total;
  }

  private unitsOf({ pool, account }: Op<"member-unit">): MemberUnits {
    const key = `${pool}:${account}`;
    let units = this.memberUnits.get(key);
    if (!units) {
      units = { pool, account, submitted: 0, final: 0, refused: 0 };
      this.memberUnits.set(key, units);
    }
    return units;
  }

  private tallyOf(job: JobId): JobTally {
    let tally = this.tallies.get(job);
    if (!tally) {
      tally = { counted: 0, refused: 0, recorded: 0, final: 0, audited: 0, checked: 0, checkedSlices: 0, gpuMicros: 0 };
      this.tallies.set(job, tally);
    }
    return tally;
  }
}

interface Totals extends AccountSums {
  /** Audits passed. */
  passed: number;
  /** Where its latest replica was. */
  job: JobId | null;
  page: number;
}

const JOURNAL = new RowText("(?,?,?)", (rows) => `INSERT INTO journal (job, page, body) VALUES ${rows}`);

const TOTALS = new RowText(
  "(?,?,?,?,?,?,?,?)",
  (rows) => `WITH change (id, escrow, final, submitted, units, refused, micros, passed) AS (VALUES ${rows})
    UPDATE accounts SET credit_escrow = credit_escrow + escrow, credit_final = credit_final + final,
      units_submitted = units_submitted + submitted, units_final = units_final + units,
      units_refused = units_refused + refused, gpu_micros = min(${Number.MAX_SAFE_INTEGER}, gpu_micros + micros),
      audits_passed = audits_passed + passed
    FROM change WHERE accounts.id = change.id`,
);

async function changeTotals(trx: Transaction<Tables>, totals: ReadonlyMap<AccountId, Totals>): Promise<void> {
  for (const chunk of chunks([...totals])) {
    const parameters: number[] = [];
    for (const [account, { escrow, final, submitted, unitsFinal, refused, micros, passed }] of chunk) {
      parameters.push(account, escrow, final, submitted, unitsFinal, refused, micros, passed);
    }
    await trx.executeQuery(CompiledQuery.raw(TOTALS.for(chunk.length), parameters));
  }
}

const TALLY = `UPDATE jobs SET counted = counted + ?, refused = refused + ?, recorded = recorded + ?, final = final + ?,
    audited = audited + ?, checked = checked + ?, checked_slices = checked_slices + ?,
    gpu_micros = min(${Number.MAX_SAFE_INTEGER}, gpu_micros + ?)
  WHERE id = ?`;

async function changeTallies(trx: Transaction<Tables>, tallies: ReadonlyMap<JobId, JobTally>): Promise<void> {
  for (const [job, { counted, refused, recorded, final, audited, checked, checkedSlices, gpuMicros }] of tallies) {
    const parameters = [counted, refused, recorded, final, audited, checked, checkedSlices, gpuMicros, job];
    await trx.executeQuery(CompiledQuery.raw(TALLY, parameters));
  }
}

/** After the totals: of what was passed in the same commit nothing counts. */
async function markProven(trx: Transaction<Tables>, { account, cluster, alike, at, watchedUntil }: Op<"proven-wrong">): Promise<void> {
  await trx
    .updateTable("accounts")
    .where("id", "=", account)
    .set((eb) => ({ audits_passed: 0, proven_wrong: eb("proven_wrong", "+", alike ? 1 : 0), proven_at: at }))
    .execute();
  await dropWitness(trx, account);
  if (cluster === null) return;
  await trx
    .insertInto("watched")
    .values({ cluster, until: watchedUntil })
    .onConflict((conflict) => conflict.column("cluster").doUpdateSet({ until: watchedUntil }))
    .execute();
}

async function changeJob(trx: Transaction<Tables>, op: Op<"job-state">): Promise<void> {
  const { state, reason, at } = op;
  await trx
    .updateTable("jobs")
    .where("id", "=", op.job)
    .set((eb) => ({
      ...{ state, reason },
      ...(state === "running" ? { started_at: eb.fn.coalesce("started_at", eb.val(at)) } : {}),
      ...(isOver(op) ? { finished_at: at } : {}),
    }))
    .execute();
}

async function keepSpec(trx: Transaction<Tables>, op: Op<"canary"> | Op<"spec">): Promise<void> {
  const { id: job, ...spec } = op.spec;
  const columns = { spec: JSON.stringify(spec), ...(op.type === "canary" ? { canary: JSON.stringify(op.record) } : {}) };
  await trx.updateTable("jobs").where("id", "=", job).set(columns).execute();
}
