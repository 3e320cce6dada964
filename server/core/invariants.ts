/**
 * What must hold after every step, for tests and simulators: `checkState` looks at what the core remembers, a `Ledger` at what
 * it has said. Both throw `BrokenInvariant`. Numbers are those of the trust model's invariants.
 */

import { type AccountId, type JobId, runsOf, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import type { Outcome } from "../../shared/protocol.ts";
import { sameCluster } from "./cluster.ts";
import type { Effect } from "./effects.ts";
import type { JobSpec } from "./events.ts";
import type { CoreState, Job, OpenUnit } from "./state.ts";
import { isOver, type JobHistory, type JobTally, PAGE_UNITS, type ReplicaRow, type Settled, type StoreOp } from "./store.ts";
import { isAgreed, replicasNeeded, votesFor } from "./verify.ts";

export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what);
}

export function checkState(state: CoreState): void {
  for (const job of state.jobs.values()) {
    const { pages } = job;
    must(pages.ended <= pages.units, `job ${job.spec.id}: more units ended than there are`);
    must(isOver(job) || pages.ended < pages.units, `job ${job.spec.id}: every unit ended and it goes on`);
    for (const [unit, open] of job.open) checkOpen(job, unit, open);
    for (const unit of job.wanted.keys()) must(job.open.has(unit), `unit ${unit} is wanted and not open`);
    if (isOver(job)) {
      must(pages.leased === 0 && job.holders.size === 0, `job ${job.spec.id} is over and has leases`);
      continue;
    }
    // 6: whatever still needs a replica is where a claim looks.
    for (const unit of pages.inProgress()) {
      if (replicasNeeded(job, unit) > 0) must(pages.isQueued(unit), `unit ${unit} needs a replica and is not queued`);
      const waits = pages.isQueued(unit) || pages.holderCount(unit) > 0 || job.wanted.has(unit);
      must(waits, `unit ${unit} waits for nothing`);
    }
  }
  checkLeases(state);
}

function checkOpen(job: Job, unit: UnitIndex, open: OpenUnit): void {
  must(!job.pages.isEnded(unit), `unit ${unit} has ended and is open`);
  must(open.replicas.length > 0, `unit ${unit} is open without a replica`);
  const accounts = new Set(open.replicas.map((replica) => replica.account));
  must(accounts.size === open.replicas.length, `unit ${unit}: an account has two replicas`);
  const votes = open.replicas.filter((replica) => replica.counted);
  const alone = votes.every((vote) => votes.every((other) => other === vote || !sameCluster(other.cluster, vote.cluster)));
  must(alone, `unit ${unit}: a cluster has two counted votes (3)`);
  must(
    votes.every((replica) => replica.status === "ok"),
    `unit ${unit}: a failed replica votes`,
  );
  for (const { digest } of votes) {
    const final = votesFor(open, digest) >= job.spec.quorum && open.withBytes.includes(digest);
    must(!final, `unit ${unit} has its quorum and its bytes and is not final`);
  }
  must(job.wanted.has(unit) === (isAgreed(job, open) && !open.overdue), `unit ${unit}: wanted does not say what it is`);
}

function checkLeases(state: CoreState): void {
  const held = new Map<AccountId, number>();
  const ofJobs = new Map<Job, Map<AccountId, number>>();
  for (const lease of state.leases.values()) {
    const job = state.jobs.get(lease.job);
    must(job !== undefined, `lease ${lease.id} of an unknown job`);
    let left = 0;
    for (const unit of unitsOf(lease.runs)) if (job.pages.holders(unit).includes(lease.serial)) left++;
    must(left === lease.left && left > 0, `lease ${lease.id} holds ${left} units and counts ${lease.left}`);
    held.set(lease.account, (held.get(lease.account) ?? 0) + left);
    const ofJob = ofJobs.get(job) ?? new Map<AccountId, number>();
    ofJobs.set(job, ofJob.set(lease.account, (ofJob.get(lease.account) ?? 0) + left));
  }
  for (const job of state.jobs.values()) {
    const holders = ofJobs.get(job) ?? new Map<AccountId, number>();
    const same = job.holders.size === holders.size && [...job.holders].every(([id, units]) => holders.get(id) === units);
    must(same, `job ${job.spec.id}: what its holders hold is not what their leases say`);
  }
  const serials = state.nextSerial - 1;
  must(serials === state.leases.size + state.freeSerials.length, `${serials} serials for ${state.leases.size} leases`);
  must(state.leases.size === state.leaseBySerial.size, "a lease is known by one of its names");
  for (const [id, account] of state.accounts) must(account.held === (held.get(id) ?? 0), `account ${id} counts ${account.held} held units`);
}

interface LedgerUnit {
  replicas: Map<AccountId, ReplicaRow & { outcome: Outcome }>;
  bytes: Set<string>;
  ended: "final" | "failed" | null;
  digest: string;
}

/** What the store must hold after the operations seen so far; it outlives a restart of the core. */
export class Ledger {
  private readonly specs = new Map<JobId, JobSpec>();
  private readonly units = new Map<JobId, Map<UnitIndex, LedgerUnit>>();
  readonly credit = new Map<AccountId, { escrow: number; final: number }>();

  addJob(spec: JobSpec): void {
    this.specs.set(spec.id, spec);
    this.units.set(spec.id, new Map());
  }

  observe(effects: readonly Effect[]): void {
    for (const effect of effects) if (effect.type === "store") this.apply(effect.op);
  }

  /** Final units and their digests. */
  finals(job: JobId): Map<UnitIndex, string> {
    const found = new Map<UnitIndex, string>();
    for (const [unit, state] of this.units.get(job) ?? []) if (state.ended === "final") found.set(unit, state.digest);
    return found;
  }

  /** All replicas recorded, unit by unit. */
  replicas(job: JobId): ReplicaRow[] {
    return [...(this.units.get(job)?.values() ?? [])].flatMap((state) => [...state.replicas.values()]);
  }

  /** What a restart of the core reads. */
  history(job: JobId): JobHistory {
    const history: JobHistory = { final: [], failed: [], open: [] };
    const final: UnitIndex[] = [];
    for (const [unit, state] of this.units.get(job) ?? []) {
      if (state.ended === "final") final.push(unit);
      else if (state.ended === "failed") history.failed.push(unit);
      else for (const replica of state.replicas.values()) history.open.push({ ...replica, hasBytes: state.bytes.has(replica.digest) });
    }
    history.final = runsOf(final.sort((a, b) => a - b));
    history.failed.sort((a, b) => a - b);
    return history;
  }

  tally(job: JobId): JobTally {
    const tally = { counted: 0, refused: 0, recorded: 0, final: 0 };
    for (const state of this.units.get(job)?.values() ?? []) {
      if (state.ended === "final") tally.final++;
      for (const replica of state.replicas.values()) {
        if (replica.status === "ok") tally.counted++;
        if (replica.outcome === "refused") tally.refused++;
        if (state.ended === "final") tally.recorded++;
      }
    }
    return tally;
  }

  private apply(op: StoreOp): void {
    switch (op.type) {
      case "replica": {
        const { job, unit, account, credit } = op.replica;
        const state = this.unit(job, unit);
        must(state.ended === null, `unit ${unit} has ended and got a replica`);
        must(!state.replicas.has(account), `account ${account} has two replicas of unit ${unit} (2)`);
        state.replicas.set(account, { ...op.replica, outcome: "open" });
        this.creditOf(account).escrow += credit;
        return;
      }
      case "bytes": {
        const { bytes } = this.unit(op.job, op.unit);
        must(!bytes.has(op.digest), `bytes of unit ${op.unit} were stored twice`);
        bytes.add(op.digest);
        return;
      }
      case "final":
        this.end(op.job, op.unit, op.digest);
        this.settleAll(op);
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
      case "job-state":
        if (op.state === "cancelled" || op.state === "failed") this.voidOpen(op.job);
        return;
      case "forget":
        return;
      default:
        op satisfies never;
    }
  }

  private end(job: JobId, unit: UnitIndex, digest: string): void {
    const state = this.unit(job, unit);
    must(state.ended === null, `unit ${unit} ended twice (1)`);
    must(state.bytes.has(digest), `unit ${unit} is final without its bytes (9)`);
    const clusters = new Set<string>();
    for (const replica of state.replicas.values()) if (replica.status === "ok" && replica.digest === digest) clusters.add(replica.cluster);
    const quorum = this.specs.get(job)?.quorum ?? 0;
    must(clusters.size >= quorum, `unit ${unit} is final with ${clusters.size} clusters for a quorum of ${quorum} (3)`);
    state.ended = "final";
    state.digest = digest;
  }

  private settleAll({ job, unit, settled }: Extract<StoreOp, { type: "final" | "unit-failed" }>): void {
    const state = this.unit(job, unit);
    const inOrder = settled.map(({ account }) => account).join() === [...state.replicas.keys()].join();
    must(inOrder, `unit ${unit} has ended and its replicas are not settled one by one, in their order (2)`);
    for (const op of settled) this.settle(state, unit, op);
  }

  private settle(state: LedgerUnit, unit: UnitIndex, op: Settled): void {
    const replica = state.replicas.get(op.account);
    must(replica?.outcome === "open", `unit ${unit}: account ${op.account} was settled twice, or never recorded (2)`);
    must(replica.credit === op.credit, `unit ${unit}: ${op.credit} leave an escrow of ${replica.credit}`);
    must(replica.digest === op.digest, `unit ${unit}: account ${op.account} is settled for another result`);
    const right = state.ended === "final" && replica.status === "ok" && replica.digest === state.digest;
    // Right and void: another of its cluster had the vote. A cluster's stored names differ over weeks, so only its siblings are asked for.
    const siblings = [...state.replicas.values()].filter((other) => other !== replica && other.status === "ok");
    const judged = right ? op.outcome === "final" || (op.outcome === "void" && siblings.length > 0) : op.outcome !== "final";
    must(judged, `unit ${unit}: account ${op.account} was judged ${op.outcome}`);
    const paid = siblings.some(({ cluster, outcome }) => cluster === replica.cluster && outcome === "final");
    must(op.outcome !== "final" || !paid, `unit ${unit}: cluster ${replica.cluster} is paid twice (2)`);
    replica.outcome = op.outcome;
    const credit = this.creditOf(op.account);
    credit.escrow -= op.credit;
    if (op.outcome === "final") credit.final += op.credit;
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
      state = { replicas: new Map(), bytes: new Set(), ended: null, digest: "" };
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
