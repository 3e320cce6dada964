/**
 * What the core has said, for tests and simulators: `Ledger` holds what the store must hold, and throws `BrokenInvariant` when an
 * operation contradicts those before it. Numbers are those of the trust model's invariants.
 */

import { AUDITOR } from "../../server/core/cluster.ts";
import type { Effect } from "../../server/core/effects.ts";
import type { AuditRecord, JobSpec } from "../../server/core/events.ts";
import type { Device } from "../../server/core/state.ts";
import {
  type Audited,
  isPassed,
  isWhole,
  type JobHistory,
  type JobTally,
  PAGE_UNITS,
  type ReplicaRow,
  type Settled,
  type StoreOp,
} from "../../server/core/store.ts";
import { addMicros } from "../../shared/gputime.ts";
import { type AccountId, type JobId, type PoolId, runsOf, type StatementId, type UnitIndex } from "../../shared/ids.ts";
import type { Outcome } from "../../shared/protocol.ts";
import { must } from "./broken.ts";

interface LedgerUnit {
  replicas: Map<AccountId, ReplicaRow & { outcome: Outcome; struck: boolean }>;
  bytes: Set<string>;
  ended: "final" | "failed" | null;
  digest: string;
  due: boolean;
  audited: Audited;
  slices: number;
}

/** What the store must hold after the operations seen so far; it outlives a restart of the core. */
export class Ledger {
  private readonly specs = new Map<JobId, JobSpec>();
  private readonly units = new Map<JobId, Map<UnitIndex, LedgerUnit>>();
  readonly credit = new Map<AccountId, { escrow: number; final: number }>();
  private readonly statements = new Map<StatementId, { account: AccountId; signed: boolean; earned: number }>();
  readonly records = new Map<AccountId, AuditRecord>();
  readonly watched = new Map<string, number>();
  readonly devices = new Map<AccountId, Device>();
  readonly members = new Map<PoolId, Set<AccountId>>();
  /** What jobs took beside their replicas, microseconds. */
  private readonly gpuMicros = new Map<JobId, number>();
  /** Of jobs whose results are compared within a tolerance. */
  private readonly isNear: (one: string, other: string) => boolean | undefined;

  constructor(isNear: (one: string, other: string) => boolean | undefined = (one, other) => one === other) {
    this.isNear = isNear;
  }

  addJob(spec: JobSpec): void {
    this.specs.set(spec.id, spec);
    this.units.set(spec.id, new Map());
  }

  observe(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === "store") this.apply(effect.op);
  }

  spec(job: JobId): JobSpec {
    const spec = this.specs.get(job);
    must(spec !== undefined, `job ${job} is unknown`);
    return spec;
  }

  /** Final units and their digests. */
  finals(job: JobId): Map<UnitIndex, string> {
    const found = new Map<UnitIndex, string>();
    for (const [unit, state] of this.units.get(job) ?? []) if (state.ended === "final") found.set(unit, state.digest);
    return found;
  }

  /** All replicas recorded, unit by unit. */
  replicas(job: JobId): (ReplicaRow & { outcome: Outcome })[] {
    return [...(this.units.get(job)?.values() ?? [])].flatMap((state) => [...state.replicas.values()]);
  }

  /** What a restart of the core reads. */
  history(job: JobId): JobHistory {
    const history: JobHistory = { final: [], failed: [], open: [], due: [] };
    const final: UnitIndex[] = [];
    for (const [unit, state] of this.units.get(job) ?? []) {
      if (state.ended === "final") final.push(unit);
      else if (state.ended === "failed") history.failed.push(unit);
      else {
        if (state.due) history.due.push(unit);
        for (const replica of state.replicas.values()) {
          const signed = this.statements.get(replica.statement)?.signed ?? true;
          history.open.push({ ...replica, hasBytes: state.bytes.has(replica.digest), signed });
        }
      }
    }
    history.final = runsOf(final.sort((a, b) => a - b));
    history.failed.sort((a, b) => a - b);
    return history;
  }

  tally(job: JobId): JobTally {
    const tally = {
      counted: 0,
      refused: 0,
      recorded: 0,
      final: 0,
      audited: 0,
      checked: 0,
      checkedSlices: 0,
      gpuMicros: this.gpuMicros.get(job) ?? 0,
    };
    for (const state of this.units.get(job)?.values() ?? []) {
      if (state.ended === "final") tally.final++;
      if (isWhole(state.audited)) tally.audited++;
      if (state.slices > 0) tally.checked++;
      tally.checkedSlices += state.slices;
      for (const replica of state.replicas.values()) {
        tally.gpuMicros = addMicros(tally.gpuMicros, replica.gpuMicros);
        if (replica.status === "ok") tally.counted++;
        if (replica.outcome === "refused") tally.refused++;
        if (state.ended === "final") tally.recorded++;
      }
    }
    return tally;
  }

  private apply(op: StoreOp): void {
    switch (op.type) {
      case "statement": {
        const known = this.statements.get(op.statement);
        must(known?.signed !== true, `statement ${op.statement} is signed and goes on`);
        must(known === undefined || known.account === op.account, `statement ${op.statement} is of two accounts`);
        if (!known) this.statements.set(op.statement, { account: op.account, signed: false, earned: 0 });
        return;
      }
      case "signed":
        this.sign(op);
        return;
      case "replica": {
        const { job, unit, account, credit, statement } = op.replica;
        const under = this.statements.get(statement);
        must(under?.account === account && !under.signed, `a replica of account ${account} is under no statement of it that goes on`);
        const state = this.unit(job, unit);
        must(state.ended === null, `unit ${unit} has ended and got a replica`);
        must(!state.replicas.has(account), `account ${account} has two replicas of unit ${unit} (2)`);
        state.replicas.set(account, { ...op.replica, outcome: "open", struck: false });
        this.creditOf(account).escrow += credit;
        return;
      }
      case "gpu-time":
        must(op.micros > 0, `job ${op.job} has taken no time`);
        this.gpuMicros.set(op.job, addMicros(this.gpuMicros.get(op.job) ?? 0, op.micros));
        return;
      case "bytes": {
        const { bytes } = this.unit(op.job, op.unit);
        must(!bytes.has(op.digest), `bytes of unit ${op.unit} were stored twice`);
        bytes.add(op.digest);
        return;
      }
      case "due":
        must(this.unit(op.job, op.unit).ended === null, `unit ${op.unit} has ended and is due`);
        this.unit(op.job, op.unit).due = true;
        return;
      case "final":
        this.end(op);
        this.settleAll(op);
        return;
      case "proven-wrong":
        this.strike(op);
        return;
      case "unit-failed": {
        const state = this.unit(op.job, op.unit);
        must(state.ended === null, `unit ${op.unit} ended twice (1)`);
        state.ended = "failed";
        this.settleAll(op);
        return;
      }
      case "page-ended": {
        const { units } = this.specs.get(op.job) ?? { units: 0 };
        const first = op.page * PAGE_UNITS;
        for (let unit = first; unit < Math.min(first + PAGE_UNITS, units); unit++) {
          must(this.unit(op.job, unit as UnitIndex).ended !== null, `page ${op.page} has ended without unit ${unit}`);
        }
        return;
      }
      case "canary":
        must(this.replicas(op.job).length === 0, `job ${op.job} has replicas and is measured`);
        this.specs.set(op.job, op.spec);
        return;
      case "spec":
        this.specs.set(op.job, op.spec);
        return;
      case "job-state":
        if (op.state === "cancelled" || op.state === "failed") this.voidOpen(op.job);
        return;
      case "member-joined":
        this.membersOf(op.pool).add(op.account);
        return;
      case "member-named":
        must(this.membersOf(op.pool).has(op.account), `account ${op.account} is named in pool ${op.pool} and is no member`);
        return;
      case "member-left":
        must(this.membersOf(op.pool).delete(op.account), `account ${op.account} leaves pool ${op.pool} and is no member`);
        return;
      case "member-unit":
        must(
          op.became !== "submitted" || this.membersOf(op.pool).has(op.account),
          `account ${op.account} answers for pool ${op.pool} and is no member`,
        );
        return;
      case "pool-off":
        this.membersOf(op.pool).clear();
        return;
      case "device-linked":
        must(!this.devices.has(op.account), `device ${op.account} is linked twice`);
        this.devices.set(op.account, { accountKey: op.accountKey, linkedAt: op.at, isRevoked: false });
        return;
      case "device-revoked": {
        const device = this.devices.get(op.account);
        must(device?.isRevoked === false, `device ${op.account} is revoked twice, or is none`);
        device.isRevoked = true;
        return;
      }
      case "forget":
        this.devices.delete(op.account);
        for (const members of this.members.values()) members.delete(op.account);
        return;
      default:
        op satisfies never;
    }
  }

  private membersOf(pool: PoolId): Set<AccountId> {
    let members = this.members.get(pool);
    if (!members) {
      members = new Set();
      this.members.set(pool, members);
    }
    return members;
  }

  private end({ job, unit, digest, audited, slices = 0 }: Extract<StoreOp, { type: "final" }>): void {
    const state = this.unit(job, unit);
    must(state.ended === null, `unit ${unit} ended twice (1)`);
    must(state.bytes.has(digest), `unit ${unit} is final without its bytes (9)`);
    const clusters = new Set<string>();
    for (const replica of state.replicas.values())
      if (replica.status === "ok" && this.isAlike(state, job, replica.digest, digest) && !replica.struck) clusters.add(replica.cluster);
    const { quorum, check } = this.spec(job);
    must(isWhole(audited) === clusters.has(AUDITOR), `unit ${unit} is audited, or is not, and does not say so`);
    must(audited !== "checker" || (check?.how === "checker" && slices > 0), `unit ${unit} was judged by a checker, and by none`);
    must(audited !== "slices" || (check?.how === "slices" && slices > 0), `unit ${unit} was checked by slices and has none`);
    must(audited !== "no" || clusters.size >= quorum, `unit ${unit} is final with ${clusters.size} clusters for a quorum of ${quorum} (3)`);
    state.ended = "final";
    state.digest = digest;
    state.audited = audited;
    state.slices = slices;
  }

  private settleAll({ job, unit, settled }: Extract<StoreOp, { type: "final" | "unit-failed" }>): void {
    const state = this.unit(job, unit);
    const inOrder = settled.map(({ account }) => account).join() === [...state.replicas.keys()].join();
    must(inOrder, `unit ${unit} has ended and its replicas are not settled one by one, in their order (2)`);
    for (const op of settled) this.settle(state, job, unit, op);
  }

  /** Undefined where bytes of one of them never came, or cannot be read. */
  private isAlike(state: LedgerUnit, job: JobId, one: string, other: string): boolean | undefined {
    if (!this.spec(job).tolerant) return one === other;
    return state.bytes.has(one) && state.bytes.has(other) ? this.isNear(one, other) : undefined;
  }

  private settle(state: LedgerUnit, job: JobId, unit: UnitIndex, op: Settled): void {
    const replica = state.replicas.get(op.account);
    must(replica?.outcome === "open", `unit ${unit}: account ${op.account} was settled twice, or never recorded (2)`);
    must(replica.credit === op.credit, `unit ${unit}: ${op.credit} leave an escrow of ${replica.credit}`);
    must((op.auditor === true) === (replica.cluster === AUDITOR), `unit ${unit}: account ${op.account} is the auditor's, or is not`);
    must(replica.digest === op.digest, `unit ${unit}: account ${op.account} is settled for another result`);
    const alike = this.isAlike(state, job, replica.digest, state.digest);
    const right = state.ended === "final" && replica.status === "ok" && alike === true;
    const wrong = state.ended === "final" && replica.status === "ok" && alike === false;
    must(wrong === (op.outcome === "refused"), `unit ${unit}: account ${op.account} was judged ${op.outcome}`);
    // Right and void: another of its cluster had the vote. A cluster's stored names differ over weeks, so only its siblings are asked for.
    const siblings = [...state.replicas.values()].filter((other) => other !== replica && other.status === "ok");
    const mayBeVoid = siblings.length > 0 || replica.struck;
    const judged = right ? op.outcome === "final" || (op.outcome === "void" && mayBeVoid) : op.outcome !== "final";
    must(op.outcome !== "final" || !replica.struck, `unit ${unit}: account ${op.account} was proven wrong and is paid`);
    if (isPassed(state.audited) && op.outcome === "final") this.recordOf(op.account).passed++;
    must(judged, `unit ${unit}: account ${op.account} was judged ${op.outcome}`);
    const paid = siblings.some(({ cluster, outcome }) => cluster === replica.cluster && outcome === "final");
    must(op.outcome !== "final" || !paid, `unit ${unit}: cluster ${replica.cluster} is paid twice (2)`);
    replica.outcome = op.outcome;
    const statement = this.statements.get(replica.statement);
    must(op.statement === replica.statement, `unit ${unit}: account ${op.account} is settled under another statement`);
    must(op.signed === (statement?.signed ?? true), `statement ${op.statement} is signed, or is not, and the core says otherwise`);
    if (op.outcome === "final" && statement && !op.signed) {
      statement.earned += op.credit;
      return;
    }
    const credit = this.creditOf(op.account);
    credit.escrow -= op.credit;
    if (op.outcome === "final") credit.final += op.credit;
  }

  private sign({ statement: id, account }: Extract<StoreOp, { type: "signed" }>): void {
    const statement = this.statements.get(id);
    must(statement?.account === account, `statement ${id} is signed for an account that it is not of`);
    const credit = this.creditOf(account);
    credit.escrow -= statement.earned;
    credit.final += statement.earned;
    statement.earned = 0;
    statement.signed = true;
  }

  private strike({ account, alike, cluster, at, watchedUntil }: Extract<StoreOp, { type: "proven-wrong" }>): void {
    this.records.set(account, { passed: 0, proven: this.recordOf(account).proven + (alike ? 1 : 0), convictedAt: at });
    if (cluster !== null) this.watched.set(cluster, watchedUntil);
    for (const units of this.units.values()) {
      for (const state of units.values()) {
        const replica = state.replicas.get(account);
        if (replica?.outcome === "open") replica.struck = true;
      }
    }
  }

  private recordOf(account: AccountId): AuditRecord {
    const record = this.records.get(account) ?? { passed: 0, proven: 0, convictedAt: 0 };
    this.records.set(account, record);
    return record;
  }

  private voidOpen(job: JobId): void {
    for (const state of this.units.get(job)?.values() ?? []) {
      for (const replica of state.replicas.values()) {
        if (replica.outcome !== "open") continue;
        replica.outcome = "void";
        this.creditOf(replica.account).escrow -= replica.credit;
      }
    }
  }

  private unit(job: JobId, unit: UnitIndex): LedgerUnit {
    const units = this.units.get(job);
    must(units !== undefined, `job ${job} is unknown`);
    let state = units.get(unit);
    if (!state) {
      state = { replicas: new Map(), bytes: new Set(), ended: null, digest: "", due: false, audited: "no", slices: 0 };
      units.set(unit, state);
    }
    return state;
  }

  private creditOf(account: AccountId): { escrow: number; final: number } {
    let credit = this.credit.get(account);
    if (!credit) {
      credit = { escrow: 0, final: 0 };
      this.credit.set(account, credit);
    }
    return credit;
  }
}
