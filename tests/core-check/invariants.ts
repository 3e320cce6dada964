/** What must hold of what the core remembers after every step, for tests and simulators; what it has said is ledger.ts's. Numbers are those of the trust model's invariants. */

import { isHeld } from "../../server/core/audit.ts";
import { AUDITOR, sameCluster } from "../../server/core/cluster.ts";
import { isComparing } from "../../server/core/likeness.ts";
import { isAdmitted } from "../../server/core/pool.ts";
import type { CoreState, Job, OpenUnit } from "../../server/core/state.ts";
import { isOver } from "../../server/core/store.ts";
import { replicasNeeded } from "../../server/core/verify.ts";
import { isAgreed, isDecided, isDisputed } from "../../server/core/votes.ts";
import { type AccountId, type StatementId, type UnitIndex, unitsOf } from "../../shared/ids.ts";
import { must } from "./broken.ts";

export function checkState(state: CoreState): void {
  for (const job of state.jobs.values()) {
    const { pages } = job;
    must(pages.ended <= pages.units, `job ${job.spec.id}: more units ended than there are`);
    must(isOver(job) || pages.ended < pages.units, `job ${job.spec.id}: every unit ended and it goes on`);
    for (const [unit, open] of job.open) checkOpen(job, unit, open);
    for (const unit of job.wanted.keys()) must(job.open.has(unit), `unit ${unit} is wanted and not open`);
    for (const unit of job.late.keys()) must(job.open.has(unit), `unit ${unit} has late votes and is not open`);
    checkHeld(state, job);
    if (isOver(job)) {
      must(pages.leased === 0 && job.holders.size === 0, `job ${job.spec.id} is over and has leases`);
      continue;
    }
    // 6: whatever still needs a replica is where a claim looks.
    for (const unit of pages.inProgress()) {
      if (replicasNeeded(job, unit) > 0) must(pages.isQueued(unit), `unit ${unit} needs a replica and is not queued`);
      const isAsked = job.due.has(unit) || job.provisional.has(unit) || job.checks.has(unit);
      const waits = isAsked || pages.isQueued(unit) || pages.holderCount(unit) > 0 || job.wanted.has(unit);
      must(waits, `unit ${unit} waits for nothing`);
    }
  }
  checkLeases(state);
  checkStatements(state);
  checkPools(state);
}

/** Who serves a pool is counted by its hosts, and who is off has nobody. */
function checkPools(state: CoreState): void {
  for (const [id, pool] of state.pools) {
    must(!pool.isOff || pool.members.size === 0, `pool ${id} is off and has members`);
    const serving = new Map<AccountId, number>();
    for (const host of state.hosts.values()) if (host.pool === id) serving.set(host.account, (serving.get(host.account) ?? 0) + 1);
    const same = pool.serving.size === serving.size && [...serving].every(([account, hosts]) => pool.serving.get(account) === hosts);
    must(same, `pool ${id}: who serves it is not who is connected`);
  }
}

function checkStatements(state: CoreState): void {
  const open = new Map<StatementId, number>();
  for (const job of state.jobs.values()) {
    for (const { replicas } of job.open.values()) {
      for (const { statement } of replicas) if (statement !== 0) open.set(statement, (open.get(statement) ?? 0) + 1);
    }
  }
  const same = open.size === state.statements.size && [...open].every(([id, count]) => state.statements.get(id)?.open === count);
  must(same, "statements do not count their open replicas");
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
    const final = isDecided(job, open, digest) && open.withBytes.includes(digest);
    must(!final || isHeld(open) || isComparing(open), `unit ${unit} has its quorum and its bytes and is not final`);
  }
  const isWanted = isAgreed(job, open) && !isHeld(open) && !open.overdue;
  must(job.wanted.has(unit) === isWanted, `unit ${unit}: wanted does not say what it is`);
}

/** What is held for the auditor is held for a reason, is where it looks, and is counted. */
function checkHeld(state: CoreState, job: Job): void {
  let owed = 0;
  const provisionalOf = new Map<AccountId, number>();
  for (const [unit, open] of job.open) {
    const withBytes = open.withBytes.some((digest) => isDecided(job, open, digest));
    must(!isHeld(open) || open.ruling === null, `unit ${unit} is held although the auditor has computed it`);
    must(job.provisional.has(unit) === (open.hold === "provisional"), `unit ${unit}: provisional does not say what it is`);
    if (open.hold === "provisional") {
      must(withBytes || isComparing(open), `unit ${unit} is provisional and no agreement`);
      for (const { account } of open.replicas) {
        if (job.provisionalOf.get(account)?.has(unit)) provisionalOf.set(account, (provisionalOf.get(account) ?? 0) + 1);
      }
    }
    must(job.checks.has(unit) === (open.hold === "check"), `unit ${unit}: checks does not say what it is`);
    if (open.hold === "check") {
      const isTaken = [...job.checkTasks.values()].filter(({ units }) => units.has(unit)).length;
      must(
        withBytes && open.lone === "yes" && isTaken + (job.unchecked.has(unit) ? 1 : 0) === 1,
        `unit ${unit} is checked by nobody, or twice`,
      );
    }
    const withAuditor = job.pages.holders(unit).some((serial) => state.leaseBySerial.get(serial)?.cluster === AUDITOR);
    if (open.hold !== "due") {
      must(!job.due.has(unit), `unit ${unit} is in the auditor's queue and not due`);
      continue;
    }
    owed++;
    must(withBytes || isDisputed(open) || isComparing(open), `unit ${unit} is due without a reason`);
    must(job.due.has(unit) !== withAuditor, `unit ${unit} is due and not where the auditor looks, or twice`);
  }
  must(owed === job.owed, `job ${job.spec.id} owes ${owed} audits and counts ${job.owed}`);
  const same =
    job.provisionalOf.size === provisionalOf.size && [...job.provisionalOf].every(([id, { size }]) => provisionalOf.get(id) === size);
  must(same, `job ${job.spec.id}: provisional units are not those of their accounts`);
}

function checkLeases(state: CoreState): void {
  const held = new Map<AccountId, number>();
  const ofJobs = new Map<Job, Map<AccountId, number>>();
  for (const lease of state.leases.values()) {
    const job = state.jobs.get(lease.job);
    must(job !== undefined, `lease ${lease.id} of an unknown job`);
    must(isAdmitted(state, job.spec.pool, lease.account), `lease ${lease.id} of somebody who is no member of the job's pool`);
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
