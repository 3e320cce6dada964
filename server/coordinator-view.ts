/**
 * What is asked of a coordinator and changes nothing: its jobs as they are on disk, and what the core knows of them, of the
 * auditor, of pools and of devices.
 */
import { IdlewaveError } from "../shared/errors.ts";
import type { AccountId, JobId, PoolId, UnitIndex } from "../shared/ids.ts";
import { type AuditState, auditState, isAuditor, type JobAuditState, jobAuditState } from "./core/audit.ts";
import { canaryWords } from "./core/canary.ts";
import { isUncompared, uncompared } from "./core/compared.ts";
import { type JobCounts as Counts, countsOf } from "./core/counts.ts";
import { devicesOf } from "./core/devices.ts";
import { disagreement } from "./core/disagreement.ts";
import type { HostFacts, JobSpec } from "./core/events.ts";
import { failing } from "./core/failing.ts";
import type { ToCompare } from "./core/likeness.ts";
import { unmetNeeds } from "./core/needs.ts";
import { isAdmitted, servingCount } from "./core/pool.ts";
import { whyNotChecked } from "./core/sampling.ts";
import { type CoreState, createState, type Device } from "./core/state.ts";
import type { JobRow } from "./core/store.ts";
import { wantedDigest } from "./core/verify.ts";
import { JobRows } from "./job-rows.ts";
import { Quotes, type Spending } from "./quotes.ts";

/** `unitsPerMinute`: units that became final in the last minute. */
export type JobCounts = Counts & { unitsPerMinute: number };

export abstract class CoordinatorView {
  protected readonly state: CoreState;
  protected readonly rows = new JobRows();
  private readonly quotes = new Quotes();

  protected constructor(auditShare: number | undefined, canaryMs: number | undefined) {
    this.state = createState(auditShare, canaryMs);
  }

  /** The server's clock, ms, which never goes back. */
  protected abstract now(): number;

  /** All jobs with their states as they are on disk, by id. */
  jobs(): JobRow[] {
    return this.rows.all();
  }

  job(id: JobId): JobRow | undefined {
    return this.rows.get(id);
  }

  /** Undefined when there is no such job. */
  counts(id: JobId): JobCounts | undefined {
    const job = this.state.jobs.get(id);
    return job && { ...countsOf(job), unitsPerMinute: this.rows.unitsPerMinute(id, this.now()) };
  }

  /** What the job was stored with. Throws `not-found`. */
  spec(id: JobId): Readonly<JobSpec> {
    const job = this.state.jobs.get(id);
    if (!job) throw new IdlewaveError("not-found", { what: `job ${id}` });
    return job.spec;
  }

  /**
   * Why a job gets no further: it is measured first, no host that is connected can run it, its volunteers never agree, or it
   * fails with them. "" when none is so.
   */
  waitsFor(id: JobId): string {
    const job = this.state.jobs.get(id);
    if (job?.state !== "running") return job ? canaryWords(this.state, job) : "";
    const { pool, requires } = job.spec;
    if (pool !== undefined && servingCount(this.state, job) === 0) return "no member of its pool lends to it now";
    return unmetNeeds(requires, this.volunteers(pool)) || disagreement(this.state, job, this.volunteers(pool)) || failing(job);
  }

  /** Undefined when there is no such job. */
  spending(id: JobId): Spending | undefined {
    const job = this.state.jobs.get(id);
    return job && this.quotes.spending(this.state, job, this.now());
  }

  /** Whether a job that is started now is measured first, if an auditor that is here can run it. */
  get measures(): boolean {
    return this.state.canaryMs > 0 && this.auditing !== "none";
  }

  /** Whether what volunteers agree on is looked at. */
  get auditing(): AuditState {
    return auditState(this.state, this.now());
  }

  /** The same for one job; `unable`: no auditor that is here can run it, or it never answered. */
  auditingOf(id: JobId): JobAuditState {
    const job = this.state.jobs.get(id);
    return job ? jobAuditState(this.state, job, this.now()) : this.auditing;
  }

  /** What was drawn of a unit in a task of the auditor's, while it is not told of. */
  drawnOf(job: JobId, task: string, unit: UnitIndex): { digest: string; slices: readonly number[] } | undefined {
    return this.state.jobs.get(job)?.checkTasks.get(task)?.units.get(unit);
  }

  /** Why units that begin now are not computed once and checked, though their owner asked for it, as the end of a sentence; "" when they are. */
  whyNotChecked(id: JobId): string {
    const job = this.state.jobs.get(id);
    return job?.spec.check ? whyNotChecked(this.state, job, this.now()) : "";
  }

  leasedUnits(job: JobId, limit: number): UnitIndex[] {
    return this.state.jobs.get(job)?.pages.leasedUnits(limit) ?? [];
  }

  /** The digest whose bytes this account was asked for, or undefined: nothing else need be read or kept. */
  wantedDigest(job: JobId, unit: UnitIndex, account: AccountId): string | undefined {
    const found = this.state.jobs.get(job);
    return found && isAdmitted(this.state, found.spec.pool, account) ? wantedDigest(found, unit, account) : undefined;
  }

  /** Results that are stored and wait to be compared. */
  uncompared(): Iterable<ToCompare> {
    return uncompared(this.state);
  }

  isUncompared(each: ToCompare): boolean {
    return isUncompared(this.state, each);
  }

  /** Whether this account is a member of the pool now. */
  isMember(pool: PoolId, account: AccountId): boolean {
    return isAdmitted(this.state, pool, account);
  }

  /** Of which account this is a device, if of any. */
  device(account: AccountId): Readonly<Device> | undefined {
    return this.state.devices.get(account);
  }

  /** All devices of the account that this one is of, itself among them. */
  devicesOf(account: AccountId): AccountId[] {
    return devicesOf(this.state, account);
  }

  /** Members whose hosts serve the pool now. */
  isServing(pool: PoolId, account: AccountId): boolean {
    return this.state.pools.get(pool)?.serving.has(account) ?? false;
  }

  private *volunteers(pool: PoolId | undefined): Generator<HostFacts> {
    for (const host of this.state.hosts.values()) if (!isAuditor(host) && host.pool === pool) yield host;
  }
}
