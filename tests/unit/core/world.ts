/** A core with its ledger, a clock and volunteers: every event is checked. Shared by the tests of the core. */
import { createHash } from "node:crypto";
import { awaitAuditor } from "../../../server/core/audit.ts";
import { AUDITOR } from "../../../server/core/cluster.ts";
import { uncompared } from "../../../server/core/compared.ts";
import { addDevice } from "../../../server/core/devices.ts";
import type { Effect, Reply } from "../../../server/core/effects.ts";
import type { Assignment, AuditRecord, CoreEvent, JobSpec, StatementMark, SubmittedResult, Timeless } from "../../../server/core/events.ts";
import type { Distance, ToCompare } from "../../../server/core/likeness.ts";
import { restorePool } from "../../../server/core/membership.ts";
import { restoreJob } from "../../../server/core/restore.ts";
import { type CoreState, createState, type Job } from "../../../server/core/state.ts";
import { step } from "../../../server/core/step.ts";
import type { JobState } from "../../../shared/api.ts";
import type { Bucket } from "../../../shared/bucket.ts";
import {
  type AccountId,
  type HostId,
  type JobId,
  type PoolId,
  type PublicKeyHex,
  type StatementId,
  type UnitIndex,
  unitsOf,
} from "../../../shared/ids.ts";
import type { ReplicaStatus, Verdict } from "../../../shared/wire.ts";
import { checkState } from "../../core-check/invariants.ts";
import { Ledger } from "../../core-check/ledger.ts";

export const account = (id: number) => id as AccountId;
export const host = (id: number) => id as HostId;
export const unit = (index: number) => index as UnitIndex;
export const JOB = 1 as JobId;
export const POOL = 1 as PoolId;

export function jobSpec(changes: Partial<JobSpec> = {}): JobSpec {
  return {
    id: JOB,
    owner: 1,
    units: 8,
    quorum: 2,
    priority: 0,
    creditPerUnit: 1,
    requires: { features: [], limits: {} },
    maxReplicas: 6,
    floats: false,
    measured: false,
    unitMicros: null,
    maxGpuMicros: null,
    asks: false,
    ...changes,
  };
}

/**
 * What a result of this name is, where results are compared within a tolerance: two numbers are alike up to 1 apart, NaN is not
 * finite, what is "lost" cannot be read any more, and what is no number is like itself alone.
 */
function distanceOf(one: string, other: string): Distance {
  if (one === "lost" || other === "lost") return "unread";
  if (one === "NaN" || other === "NaN") return null;
  if (one === other) return 0;
  const apart = Math.abs(Number(one) - Number(other));
  return apart <= 1 ? apart : null;
}

/** The bytes an honest volunteer computes; every other name makes other bytes. */
export function resultBytes(index: number, liar = ""): Uint8Array {
  return new TextEncoder().encode(`unit ${index}${liar}`);
}

export function digestOf(index: number, liar = ""): string {
  return createHash("sha256").update(resultBytes(index, liar)).digest("hex");
}

export interface Answering {
  /** A name for the lie; empty = honest. */
  liar?: string;
  status?: ReplicaStatus;
  /** Whether the bytes ride along. */
  inline?: boolean;
  gpuMicros?: number;
  /** Whether its account signs at once; it does, unless told otherwise. */
  signed?: boolean;
}

export function results(units: Iterable<number>, how: Answering = {}): SubmittedResult[] {
  const { liar = "", status = "ok", inline = true, gpuMicros = 1000 } = how;
  return [...units].map((index) => ({
    unit: unit(index),
    status,
    gpuMicros,
    digest: status === "ok" ? digestOf(index, liar) : "0".repeat(64),
    bytes: inline && status === "ok" ? resultBytes(index, liar) : null,
  }));
}

/** A statement that an account is at. The core believes what it is told of it. */
export function markOf(by: number, statement = by): StatementMark {
  return { statement: statement as StatementId, session: new Uint8Array(32), results: 1, hash: new Uint8Array(32) };
}

export function accountKeyOf(name: string): PublicKeyHex {
  return createHash("sha256").update(name).digest("hex") as PublicKeyHex;
}

export class World {
  state: CoreState = createState();
  readonly ledger = new Ledger((one, other) => {
    const distance = this.distance(one, other);
    return distance === "unread" ? undefined : distance !== null;
  });
  /** Results that wait to be compared; answered at once, unless it is set. */
  comparesLater = false;
  readonly comparisons: ToCompare[] = [];
  /** What kind of GPU accounts say they have. */
  readonly buckets = new Map<number, Bucket>();
  /** What each digest is the result of. */
  private readonly names = new Map<string, string>();
  now = 1_000_000;
  private readonly specs: JobSpec[] = [];
  /** As the store has them: whether they are off; members are the ledger's. */
  private readonly pools = new Map<PoolId, { isOff: boolean }>();
  private readonly trace = createHash("sha256");
  private readonly clusters = new Map<HostId, { account: AccountId; cluster: string }>();
  private nextHost = 1;
  private nextId = 1;
  private draws = 1;
  private hadAuditor = false;
  /** The statement of each account, where it is not the first. */
  private readonly statements = new Map<number, number>();
  private nextStatement = 1_000_000;
  private readonly begun = new Set<StatementId>();

  constructor(...specs: Partial<JobSpec>[]) {
    for (const changes of specs.length > 0 ? specs : [{}]) this.addJob(jobSpec(changes));
  }

  addJob(spec: JobSpec, state: JobState = "running"): void {
    this.specs.push(spec);
    this.ledger.addJob(spec);
    this.send({ type: "job-added", spec, state });
  }

  /** Steps the core and checks every invariant. */
  send(event: Timeless): { reply: Reply; effects: Effect[] } {
    if (event.type === "pool-opened" || event.type === "pool-off") this.pools.set(event.pool, { isOff: event.type === "pool-off" });
    const effects = step(this.state, { ...event, now: this.now, draw: this.draw() } as CoreEvent);
    this.trace.update(JSON.stringify(effects, (_, value: unknown) => (value instanceof Uint8Array ? [...value] : value)));
    this.ledger.observe(effects);
    checkState(this.state);
    for (const effect of effects) if (effect.type === "compare") this.comparisons.push(effect);
    if (!this.comparesLater) this.compare();
    const reply = effects.find((effect) => effect.type === "reply");
    if (!reply) throw new Error(`no reply to ${event.type}`);
    return { reply: reply.reply, effects };
  }

  /** Answers what waits to be compared. */
  compare(): void {
    for (const { job, unit, digest, others } of this.comparisons.splice(0)) {
      const distances = [digest, ...others].map((to) => ({ to, distance: this.distance(digest, to) }));
      this.send({ type: "compared", job, unit, digest, distances });
    }
  }

  /** What this is the digest of. */
  nameOf(digest: string): string {
    return this.names.get(digest) ?? digest;
  }

  private distance(one: string, other: string): Distance {
    return distanceOf(this.nameOf(one), this.nameOf(other));
  }

  /** The process dies and comes back: what is not in the ledger is lost. */
  restart(): void {
    const states = new Map([...this.state.jobs].map(([id, job]) => [id, job.state]));
    this.state = createState();
    this.clusters.clear();
    for (const [id, { isOff }] of this.pools) restorePool(this.state, id, isOff, this.ledger.members.get(id) ?? []);
    for (const [id, device] of this.ledger.devices) addDevice(this.state, id, { ...device });
    if (this.hadAuditor) awaitAuditor(this.state, this.now);
    for (const { id } of this.specs) {
      this.ledger.observe(
        restoreJob(
          this.state,
          this.ledger.spec(id),
          states.get(id) ?? "running",
          this.ledger.history(id),
          this.ledger.tally(id),
          this.now,
          this.draw(),
        ),
      );
    }
    checkState(this.state);
    this.comparisons.splice(0, this.comparisons.length, ...uncompared(this.state));
    if (!this.comparesLater) this.compare();
  }

  join(id: number, cluster = `account:${id}`, features: string[] = [], limits: Record<string, number> = {}): HostId {
    const joined = host(this.nextHost++);
    this.clusters.set(joined, { account: account(id), cluster });
    this.hadAuditor ||= cluster === AUDITOR;
    this.send({ type: "host-joined", facts: { host: joined, account: account(id), cluster, features, limits }, record: this.recordOf(id) });
    return joined;
  }

  /** A member's host, that serves the pool. */
  serve(id: number, pool: PoolId, cluster = `account:${id}`): HostId {
    this.send({ type: "member-joined", pool, account: account(id) });
    const joined = host(this.nextHost++);
    this.clusters.set(joined, { account: account(id), cluster });
    const facts = { host: joined, account: account(id), cluster, features: [], limits: {}, pool };
    this.send({ type: "host-joined", facts, record: this.recordOf(id) });
    return joined;
  }

  leave(left: HostId): void {
    this.clusters.delete(left);
    this.send({ type: "host-left", host: left });
  }

  claim(by: HostId, units = 0, job: JobId | null = null, gpuMillis = 0): Reply {
    const random = (this.nextId++).toString(16).padStart(32, "0");
    return this.send({ type: "claim", random, host: by, units, gpuMillis, job }).reply;
  }

  /** Claims, and throws when there is nothing. */
  assignment(by: HostId, units = 0): Assignment {
    const reply = this.claim(by, units);
    if (reply.type !== "assigned") throw new Error(`no work: ${JSON.stringify(reply)}`);
    return reply.assignment;
  }

  submit(assignment: Assignment, how: Answering & { units?: Iterable<number>; cluster?: string } = {}): Verdict[] {
    const mark = this.mark(assignment.account);
    this.begun.add(mark.statement);
    for (const index of how.units ?? unitsOf(assignment.runs)) this.names.set(digestOf(index, how.liar), how.liar ?? "");
    const { reply } = this.send({
      type: "submit",
      account: assignment.account,
      cluster: how.cluster ?? `account:${assignment.account}`,
      bucket: this.buckets.get(assignment.account),
      assignment,
      results: results(how.units ?? unitsOf(assignment.runs), how),
      mark,
    });
    if (reply.type !== "verdicts") throw new Error(`no verdicts: ${JSON.stringify(reply)}`);
    if (how.signed ?? true) this.sign(assignment.account);
    return reply.verdicts;
  }

  /** How far the account's statement is. */
  mark(id: number): StatementMark {
    return markOf(id, this.statements.get(id) ?? id);
  }

  /** The account signs what it has submitted, and begins another statement. Returns the number of the signed one. */
  sign(id: number): StatementId {
    const { statement } = this.mark(id);
    this.statements.set(id, this.nextStatement++);
    this.signLate(id, statement);
    return statement;
  }

  /** Its session ends without a signature. Returns the number of what stays unsigned. */
  abandon(id: number): StatementId {
    const { statement } = this.mark(id);
    this.statements.set(id, this.nextStatement++);
    return statement;
  }

  /** Nothing, where nothing was submitted under it. */
  signLate(id: number, statement: StatementId): void {
    if (this.begun.has(statement)) this.send({ type: "signed", account: account(id), statement, signature: new Uint8Array(64) });
  }

  /** Claims and submits everything that there is for this host. Returns the number of units. */
  work(by: HostId, how: Answering = {}): number {
    let done = 0;
    for (;;) {
      const reply = this.claim(by, 64);
      if (reply.type !== "assigned") return done;
      done += this.submit(reply.assignment, { ...how, cluster: this.clusters.get(by)?.cluster ?? "" }).length;
    }
  }

  /** The auditor takes and answers what it can get, at most `batches` times. Returns the units. */
  audit(by: HostId, batches = Number.POSITIVE_INFINITY, how: Answering = {}): UnitIndex[] {
    const done: UnitIndex[] = [];
    for (let batch = 0; batch < batches; batch++) {
      const reply = this.claim(by, 64);
      if (reply.type !== "assigned") break;
      this.submit(reply.assignment, { ...how, cluster: AUDITOR });
      done.push(...unitsOf(reply.assignment.runs));
    }
    return done;
  }

  /**
   * The auditor takes what it is to check, at most `tasks` times, and tells what it found. `wrongOf`: slices in which a result is
   * wrong; null: all of them. Returns the slices that were drawn, by unit.
   */
  check(wrongOf: (unit: number, digest: string) => readonly number[] | null, tasks = Number.POSITIVE_INFINITY): Map<UnitIndex, number[]> {
    const drawn = new Map<UnitIndex, number[]>();
    for (let taken = 0; taken < tasks; taken++) {
      const task = this.claimChecks();
      if (!task) break;
      for (const { unit, slices } of task.units) {
        drawn.set(unit, slices);
        const digest = this.job(task.job).checkTasks.get(task.id)?.units.get(unit)?.digest ?? "";
        const wrong = digest === digestOf(unit) ? [] : wrongOf(unit, digest);
        this.send({
          type: "check-report",
          job: task.job,
          task: task.id,
          unit,
          isSame: wrong !== null && !slices.some((slice) => wrong.includes(slice)),
        });
      }
    }
    return drawn;
  }

  /** The auditor judges all that waits, by `accepts` alone: right or wrong. */
  judge(accepts: (unit: number, digest: string) => boolean): void {
    for (let task = this.claimChecks(); task; task = this.claimChecks()) {
      for (const { unit } of task.units) {
        const digest = this.job(task.job).checkTasks.get(task.id)?.units.get(unit)?.digest ?? "";
        this.send({ type: "check-report", job: task.job, task: task.id, unit, isSame: accepts(unit, digest) });
      }
    }
  }

  claimChecks(): Extract<Reply, { type: "check" }>["task"] {
    const { reply } = this.send({ type: "check-claim", random: (this.nextId++).toString(16).padStart(32, "c"), features: [], limits: {} });
    if (reply.type !== "check") throw new Error(`no checks: ${JSON.stringify(reply)}`);
    return reply.task;
  }

  /** Has a volunteer verified on another job: its batches grow to what it has shown. */
  prove(by: HostId, units: number): void {
    const id = (100 + this.specs.length) as JobId;
    this.addJob(jobSpec({ id, units, quorum: 1 }));
    for (let reply = this.claim(by, 0, id); reply.type === "assigned"; reply = this.claim(by, 0, id))
      this.submit(reply.assignment, { cluster: this.clusters.get(by)?.cluster ?? "", gpuMicros: 0 });
  }

  tick(afterMs: number): void {
    this.now += afterMs;
    this.send({ type: "tick" });
  }

  job(id: JobId = JOB): Job {
    const job = this.state.jobs.get(id);
    if (!job) throw new Error(`no job ${id}`);
    return job;
  }

  /** What the auditor has shown of the account, as the store has it: devices of one were proven wrong as often as all of them. */
  recordOf(id: number): AuditRecord {
    const own = this.ledger.records.get(account(id)) ?? { passed: 0, proven: 0, convictedAt: 0 };
    const joined = this.ledger.devices.get(account(id));
    return { ...own, proven: joined ? this.recordOfAll(joined.accountKey).proven : own.proven };
  }

  /** Of all devices of an account. */
  recordOfAll(accountKey: PublicKeyHex): { proven: number; convictedAt: number } {
    const found = { proven: 0, convictedAt: 0 };
    for (const [id, device] of this.ledger.devices) {
      const record = device.accountKey === accountKey ? this.ledger.records.get(id) : undefined;
      found.proven += record?.proven ?? 0;
      found.convictedAt = Math.max(found.convictedAt, record?.convictedAt ?? 0);
    }
    return found;
  }

  /** The device shows the certificate of the account of this name. */
  link(id: number, name = "somebody"): Reply {
    const accountKey = accountKeyOf(name);
    const link = { accountKey, created: 1, name: "", signature: new Uint8Array(64) };
    return this.send({ type: "device-linked", account: account(id), link, record: this.recordOfAll(accountKey) }).reply;
  }

  revoke(id: number, by: number): Reply {
    return this.send({ type: "device-revoked", by: account(by), device: account(id), created: 2, signature: new Uint8Array(64) }).reply;
  }

  private draw(): string {
    return (this.draws++).toString(16).padStart(32, "0");
  }

  /** Hash of all effects so far. */
  traceHash(): string {
    return this.trace.copy().digest("hex");
  }
}
