/**
 * The core: `step(state, event) → effects`. Synchronous, without clock, randomness or I/O of its own: the same events give the
 * same effects. The shell has checked tokens, signatures and digests before; it releases the reply when the store operations
 * beside it are on disk.
 */
import { addMicros } from "../../shared/gputime.ts";
import { type AccountId, hasUnit } from "../../shared/ids.ts";
import type { Verdict } from "../../shared/wire.ts";
import { accountOf, notePace } from "./account.ts";
import { turnActive } from "./active.ts";
import { claim } from "./assign.ts";
import { awaitAuditor, isAuditor, isVetted } from "./audit.ts";
import { chaseHeld, claimAudit } from "./auditor.ts";
import { chaseCanaries, claimCanary, keepCanary, takeFinding } from "./canary.ts";
import { chaseChecks, claimChecks, takeChecks, takeUnrun } from "./checks.ts";
import { takeLikeness } from "./compared.ts";
import { devicesOf, forgetDevice, isRevoked } from "./devices.ts";
import type { Effect, Reply } from "./effects.ts";
import type { CoreEvent } from "./events.ts";
import { endLease, expire, giveBack, orphan, takeBack } from "./expiry.ts";
import { accrue, believedMicros } from "./gputime.ts";
import { addJob, applyVerb, endIfOver, pauseFor, settle } from "./job.ts";
import { heedLate } from "./late.ts";
import { countDropped, letUnitGo } from "./lease.ts";
import { linkDevice, revokeDevice } from "./linking.ts";
import { forgetMember, joinPool, leavePool, openPool, POOL_OFF, switchPoolOff } from "./membership.ts";
import { clusterIn, isAdmitted, isPoolOff, noteServing } from "./pool.ts";
import { noteLoss } from "./quarantine.ts";
import { renew } from "./renew.ts";
import { carryOut, isBanned, isBarred, isFromBefore, unwatch } from "./sentence.ts";
import { heedCap, setCap } from "./spending.ts";
import { decay } from "./standing.ts";
import { beginAt, type CoreState, type Job } from "./state.ts";
import { noteSigned } from "./statement.ts";
import { chaseWanted, type JudgedResult, judge, takeBytes } from "./verify.ts";
import { Work } from "./work.ts";

const DONE: Reply = { type: "done" };

export function step(state: CoreState, event: CoreEvent): Effect[] {
  const work = new Work(event.now, "draw" in event ? event.draw : undefined);
  beginAt(state, event.now);
  work.reply(answer(state, event, work));
  carryOut(state, work);
  for (const job of work.endedIn) endIfOver(state, job, work);
  return work.effects;
}

function answer(state: CoreState, event: CoreEvent, work: Work): Reply {
  switch (event.type) {
    case "job-added":
      begin(state, addJob(state, event.spec, event.state), work);
      work.tell({ type: "job-changed", job: event.spec.id });
      return DONE;
    case "job-verb":
      return applyVerb(state, event, work);
    case "job-cap":
      return setCap(state, event, work);
    case "host-joined":
      if (state.hosts.has(event.facts.host)) throw new Error(`host ${event.facts.host} has joined before`);
      if (isRevoked(state, event.facts.account)) return { type: "error", code: "device-revoked", details: {} };
      join(state, event, work);
      return DONE;
    case "host-left":
      leave(state, event.host, work);
      return DONE;
    case "claim": {
      const host = state.hosts.get(event.host);
      if (!host) return { type: "error", code: "not-authenticated", details: {} };
      if (isBanned(state, host.account)) return { type: "error", code: "banned", details: {} };
      if (!isAdmitted(state, host.pool, host.account)) return { type: "error", code: "not-member", details: { pool: host.pool ?? 0 } };
      return isAuditor(host) ? claimAudit(state, event, host, work) : claim(state, event, host, work);
    }
    case "renew":
      return renew(state, event, work);
    case "release":
      release(state, event, work);
      return DONE;
    case "trim": {
      const lease = state.leases.get(event.assignment.id);
      if (lease) takeBack(state, lease, event.units, work);
      return DONE;
    }
    case "submit":
      return { type: "verdicts", verdicts: submit(state, event, work) };
    case "signed": {
      const { account, statement, signature } = event;
      noteSigned(state, statement);
      work.store({ type: "signed", statement, account, signature, at: work.now });
      work.accountChanged(account);
      return DONE;
    }
    case "bytes": {
      const { account, unit, digest, bytes } = event;
      const job = state.jobs.get(event.job);
      const taken =
        job !== undefined && isAdmitted(state, job.spec.pool, account) && takeBytes(state, job, account, unit, digest, bytes, work);
      return taken ? DONE : { type: "error", code: "not-wanted", details: { unit } };
    }
    case "compared":
      return takeLikeness(state, event, work);
    case "canary-claim":
      return claimCanary(state, event, work);
    case "canary-alive":
      return keepCanary(state, event, work);
    case "canary-report":
      return takeFinding(state, event, work);
    case "check-claim":
      return claimChecks(state, event, work);
    case "check-report":
      return takeChecks(state, event, work);
    case "check-unrun":
      return takeUnrun(state, event, work);
    case "pool-opened":
      openPool(state, event.pool);
      return DONE;
    case "member-joined":
      return joinPool(state, event, work);
    case "member-left":
      leavePool(state, event, work);
      return DONE;
    case "pool-off":
      return switchPoolOff(state, event.pool, work);
    case "device-linked":
      return linkDevice(state, event, work);
    case "device-revoked": {
      const reply = revokeDevice(state, event, work);
      if (reply.type === "done") drop(state, event.device, work);
      return reply;
    }
    case "forget":
      for (const account of event.whole ? devicesOf(state, event.account) : [event.account]) forget(state, account, work);
      return DONE;
    case "tick":
      expire(state, work);
      chaseCanaries(state, work);
      for (const job of state.jobs.values()) {
        if (job.wanted.size > 0) chaseWanted(state, job, work);
        if (job.late.size > 0) heedLate(state, job, work);
        if (job.due.size > 0 || job.provisional.size > 0) chaseHeld(state, job, work);
        if (job.checks.size > 0 || job.checkTasks.size > 0) chaseChecks(state, job, work);
      }
      unwatch(state, work.now);
      decay(state, work.now);
      turnActive(state.activeAccounts, work.now);
      turnActive(state.activeClusters, work.now);
      return DONE;
    default:
      return event satisfies never;
  }
}

/** Its pool may have been switched off while it was on its way. */
function begin(state: CoreState, job: Job, work: Work): void {
  settle(job, work.now);
  if (job.state === "running" && isPoolOff(state, job)) pauseFor(state, job, POOL_OFF, work);
}

function join(state: CoreState, { facts, record }: Extract<CoreEvent, { type: "host-joined" }>, work: Work): void {
  state.hosts.set(facts.host, facts);
  if (isAuditor(facts)) {
    state.auditors.add(facts.host);
    // Another GPU, or another driver, may run what was not run before.
    for (const job of state.running) job.unrunTasks = 0;
  }
  const account = accountOf(state, facts.account);
  account.hosts++;
  noteServing(state, facts, 1);
  // What the store says is older than what has happened here since; what happened before this process it alone knows.
  const { proven, convictedAt } = account.record;
  const passed = record.convictedAt < convictedAt ? account.record.passed : Math.max(account.record.passed, record.passed);
  account.record = { passed, proven: Math.max(proven, record.proven), convictedAt: Math.max(convictedAt, record.convictedAt) };
  if (isVetted(state, facts)) work.vetted.add(facts.account);
}

function leave(state: CoreState, host: Extract<CoreEvent, { type: "host-left" }>["host"], work: Work): void {
  const facts = state.hosts.get(host);
  if (!facts) return;
  state.hosts.delete(host);
  if (state.auditors.delete(host)) awaitAuditor(state, work.now);
  accountOf(state, facts.account).hosts--;
  noteServing(state, facts, -1);
  orphan(state, host, work.now);
}

/** None of its hosts is here any more, nor has it a lease. */
function drop(state: CoreState, account: AccountId, work: Work): void {
  for (const facts of state.hosts.values()) if (facts.account === account) leave(state, facts.host, work);
  for (const lease of state.leases.values()) if (lease.account === account) endLease(state, lease, work);
}

function forget(state: CoreState, account: AccountId, work: Work): void {
  drop(state, account, work);
  forgetMember(state, account);
  forgetDevice(state, account);
  state.accounts.delete(account);
  work.store({ type: "forget", account, at: work.now });
}

function release(state: CoreState, event: Extract<CoreEvent, { type: "release" }>, work: Work): void {
  const lease = state.leases.get(event.assignment.id);
  if (!lease || lease.account !== state.hosts.get(event.host)?.account) return;
  if (event.units.length === 0) endLease(state, lease, work);
  else giveBack(state, lease, event.units, work);
}

function submit(state: CoreState, event: Extract<CoreEvent, { type: "submit" }>, work: Work): Verdict[] {
  const { assignment, account, mark } = event;
  work.store({ type: "statement", account, ...mark, at: work.now });
  const job = state.jobs.get(assignment.job);
  const isLive = job && (job.state === "running" || job.state === "paused" || job.state === "done");
  const takes = isLive && isAdmitted(state, job.spec.pool, account);
  if (!takes || assignment.account !== account || isBarred(state, account) || isFromBefore(state, assignment))
    return event.results.map(() => "refused");

  const known = accountOf(state, account);
  accrue(known, assignment.issuedAt, work.now);
  let measured = 0;
  let micros = 0;
  const cluster = clusterIn(job.spec.pool, event);
  const { id, issuedAt: assignedAt } = assignment;
  const by = { account, cluster, site: event.site, bucket: event.bucket, assignment: id, assignedAt, statement: mark.statement };
  const lease = state.leases.get(id);
  let dropped = 0;
  const verdicts: Verdict[] = [];
  for (const { unit, status: told, digest, bytes, gpuMicros } of event.results) {
    if (unit >= job.spec.units || !hasUnit(assignment.runs, unit)) {
      verdicts.push("refused");
      continue;
    }
    const held = lease !== undefined && letUnitGo(job, lease, unit);
    if (held) {
      dropped++;
      lease.progressAt = work.now;
    }
    const status = told === "ok" ? "ok" : "failed";
    const result: JudgedResult = { unit, status, digest, bytes, gpuMicros: believedMicros(gpuMicros, assignedAt, work.now) };
    if (status === "ok") {
      measured++;
      micros = addMicros(micros, result.gpuMicros);
    }
    const verdict = judge(state, job, by, result, held && !lease.overdue, work);
    verdicts.push(verdict);
    if (told === "device-lost" && isAuditor(by)) job.isStalled = true;
    else if (told === "device-lost" && verdict === "recorded") noteLoss(state, job, by, work);
  }
  if (lease) countDropped(state, job, lease, dropped);
  heedCap(state, job, work);
  if (measured > 0) notePace(known, job.spec.id, micros / measured);
  return verdicts;
}
