/**
 * Who gets which units: chance decides, never who asks when. A claim draws at random from the units that wait for another
 * replica; while few wait, it takes untouched units at the cursor. How many units it looks at is bounded, whatever the size of
 * the jobs and however many wait for somebody else.
 */
import { type JobId, runsOf, type UnitIndex } from "../../shared/ids.ts";
import { MAX_BATCH_UNITS } from "../../shared/wire.ts";
import { accountOf, declaredPace, isFailing, leasePaceOf, MAX_HELD_LEASES, MAX_HELD_UNITS } from "./account.ts";
import { clustersOf, volunteersOf } from "./active.ts";
import { isVetted } from "./audit.ts";
import { keptName, mayBeOne, triesOf } from "./cluster.ts";
import type { Reply } from "./effects.ts";
import type { CoreEvent, HostFacts } from "./events.ts";
import { idle, idleAfter, idleFull, type Obstacle } from "./idle.ts";
import { draftLease, holdUnit, keepLease, lifeOf } from "./lease.ts";
import { meets } from "./needs.ts";
import { clusterIn, servesAlone } from "./pool.ts";
import { Random } from "./random.ts";
import { DRAW_UNITS } from "./ring.ts";
import { beginsLeft, drawsLeft, isAccountMostlyRefused, isThrottled, standingOf } from "./standing.ts";
import type { Account, CoreState, Job, Lease, OpenUnit } from "./state.ts";
import { PAGE_UNITS, pageOf } from "./store.ts";
import { mayTry } from "./trial.ts";
import { replicasNeeded, schedule } from "./verify.ts";
import { firstVotes } from "./votes.ts";
import type { Work } from "./work.ts";

/** Retries one claim may look at, and in each job however many it has looked at before. */
const RETRY_SCAN_LIMIT = 4096;
const MIN_RETRY_SCAN = DRAW_UNITS;
/** Retries a claim may meet that came back from its cluster, or that it has no allowance for, before it stops looking. */
const BARRED_SCAN_LIMIT = 4 * DRAW_UNITS;
/** Steps of the cursor one claim may make, in all jobs: a full batch, and as many over units that were touched out of turn. */
const CURSOR_SCAN_LIMIT = 2 * MAX_BATCH_UNITS;
/** Units with votes that wait for others, a job: no new ones are begun above it. Bounds memory. */
export const MAX_OPEN_UNITS = 131_072;
/** Units that may wait for their next replica while untouched ones are given out, a job: votes on them must fit beside others. */
const MAX_DEPTH_UNITS = MAX_OPEN_UNITS / 2;
/** An account's first batch, and its batches of a job whose pace it has not shown. */
export const FIRST_CLAIM_UNITS = 4;
export const UNPACED_CLAIM_UNITS = 16;
/**
 * Of the units that are left of a job an account holds at most this share, or so many: nobody keeps a small job from the others.
 * Who serves a pool alone keeps it from nobody.
 */
const MAX_HELD_SHARE = 0.25;
export const MIN_HELD_SHARE_UNITS = 16;
/** The same for the keys of one cluster together: half a job goes on whatever they do. */
const MAX_CLUSTER_SHARE = 0.5;
const MIN_CLUSTER_SHARE_UNITS = 32;
/** Batches grow as work is verified: to so many times the account's final units. What a volunteer tells of its pace may shrink them. */
const GROWTH = 4;
/** When the cursor gave up at its limit, ms: the next claim looks further. */
const SCAN_RETRY_MS = 250;
/** Near the end a claim takes at most this share of what is left, so that all hosts finish together. */
const TAIL_SHARE = 0.5;

export type Claim = Extract<CoreEvent, { type: "claim" }>;

export function claim(state: CoreState, event: Claim, facts: HostFacts, work: Work): Reply {
  const host = { ...facts, cluster: clusterIn(facts.pool, facts) };
  const isPublic = host.pool === undefined;
  const account = accountOf(state, host.account);
  const cluster = standingOf(state, host.cluster);
  if (isPublic && (isThrottled(account, cluster) || isAccountMostlyRefused(state, host.account))) return idle("quota");
  if (account.held >= MAX_HELD_UNITS || account.leases >= MAX_HELD_LEASES) return idleFull();

  const jobs = state.running.filter(({ spec }) => spec.pool === host.pool && (event.job === null || spec.id === event.job));
  if (jobs.length === 0) return idle(isAnyPaused(state, event.job, host) ? "paused" : "no-jobs");

  const scan: Scan = { random: new Random(event.random), retries: RETRY_SCAN_LIMIT, steps: CURSOR_SCAN_LIMIT, met: new Set() };
  for (const job of jobs) {
    const room = roomOf(state, job, account, host);
    const obstacle = obstacleOf(job, account, host, room) ?? (mayTry(job, host, work.now) ? undefined : "waits-for-others");
    if (obstacle) {
      scan.met.add(obstacle);
      continue;
    }
    const size = Math.min(room, batchSize(state, job, account, host, event));
    const lifeMs = lifeOf((size * leasePaceOf(account, job, host)) / 1000);
    const lease = draftLease(state, job, { ...host, id: event.random, lifeMs, now: work.now, assignedAt: work.now });
    const draws = isPublic ? drawsLeft(account, cluster) : UNLIMITED;
    const begins = isPublic ? beginsLeft(state, account, cluster, job.clusterHolders.get(keptName(host.cluster)) ?? 0) : UNLIMITED.units;
    const { units, drawn } = pick(state, job, lease, { size, draws: draws.units, begins }, scan, work);
    if (units.length === 0) continue;
    lease.runs = runsOf(units.sort((a, b) => a - b));
    keepLease(state, job, lease);
    if (isPublic) account.drawn += drawn;
    if (draws.areShared) cluster.drawn += drawn;
    account.claims++;
    return {
      type: "assigned",
      lifeMs,
      assignment: {
        id: lease.id,
        job: job.spec.id,
        account: lease.account,
        runs: lease.runs,
        issuedAt: work.now,
        deadline: lease.deadline,
      },
    };
  }
  return scan.steps <= 0 ? idleAfter(scan.met, SCAN_RETRY_MS) : idleAfter(scan.met);
}

/** Members of a pool are trusted: nobody looks for an accomplice's units. */
const UNLIMITED = { units: Number.POSITIVE_INFINITY, areShared: false };

/** What stands between the host and any unit of the job. */
function obstacleOf(job: Job, account: Account, host: HostFacts, room: number): Obstacle | undefined {
  if (!meets(job.spec.requires, host)) return "needs-features";
  if (isFailing(account, job.spec.id)) return "failing";
  if (room > 0) return undefined;
  return job.ring.size > 0 || job.cursor < job.pages.units ? "full" : "all-assigned";
}

interface Scan {
  random: Random;
  /** Retries that may still be looked at, and steps of the cursor that may still be made. */
  retries: number;
  steps: number;
  /** Why nothing was found so far. */
  met: Set<Obstacle>;
}

/** Units that a claim may take: in all, of those that somebody else has or had, and of others. */
interface Allowed {
  size: number;
  draws: number;
  begins: number;
}

interface Taken extends Allowed {
  units: UnitIndex[];
  drawn: number;
  begun: number;
  /** What stood between the host and further units. */
  met: Set<Obstacle>;
  /** What stands there when nothing more is allowed: who holds some units earns more as it answers them. */
  spent: "full" | "quota";
}

/** Leases units of one job: those that wait, drawn at random, or untouched ones while few wait. */
function pick(state: CoreState, job: Job, lease: Lease, allowed: Allowed, scan: Scan, work: Work): { units: UnitIndex[]; drawn: number } {
  const taken: Taken = {
    ...allowed,
    units: [],
    drawn: 0,
    begun: 0,
    met: new Set(),
    spent: accountOf(state, lease.account).held > 0 ? "full" : "quota",
  };
  scan.retries = Math.max(scan.retries, MIN_RETRY_SCAN);
  // Around its depth by chance: whoever could tell which claims get untouched units could leave them for an accomplice.
  const isShallow = job.ring.size <= scan.random.below(2 * depthOf(state, job));
  if (isShallow) takeUntouched(state, job, lease, taken, scan, work);
  drawRetries(state, job, lease, taken, scan, work);
  if (!isShallow) takeUntouched(state, job, lease, taken, scan, work);
  if (taken.met.size === 0) taken.met.add(job.ring.size === 0 ? "all-assigned" : "waits-for-others");
  for (const obstacle of taken.met) scan.met.add(obstacle);
  return taken;
}

/**
 * Units that should wait for their next replica before one of them is given out: what all volunteers would hold if they held as
 * much as those who hold something. Fewer would be mostly of whoever claimed last, and the next one would meet them.
 */
function depthOf(state: CoreState, job: Job): number {
  const held = job.holders.size === 0 ? 0 : job.pages.leased / job.holders.size;
  return Math.min(MAX_DEPTH_UNITS, volunteersOf(state, job) * Math.max(FIRST_CLAIM_UNITS, held));
}

function drawRetries(state: CoreState, job: Job, lease: Lease, taken: Taken, scan: Scan, work: Work): void {
  const { units, size } = taken;
  const aside: UnitIndex[] = [];
  let barred = 0;
  while (job.ring.size > 0 && units.length < size && scan.retries > 0 && barred < BARRED_SCAN_LIMIT) {
    const isWhole = size - units.length >= DRAW_UNITS;
    const run = job.ring.draw(scan.random, isWhole ? "run" : "unit");
    if (!run) break;
    const most = units.length + (isWhole ? run.length : 1);
    const from = scan.random.below(run.length);
    for (let step = 0; step < run.length; step++) {
      const unit = (run.start + ((from + step) % run.length)) as UnitIndex;
      if (units.length === most) {
        job.ring.push(unit);
        continue;
      }
      scan.retries--;
      if (job.pages.isEnded(unit)) continue;
      const isNeeded = replicasNeeded(job, unit) > 0;
      const isOthers = isNeeded && (isLeftToOthers(state, job, lease, unit) || isForVetted(state, lease, job.open.get(unit)));
      if (isOthers) barred++;
      if (isNeeded && (isOthers || !mayTake(state, job, lease, unit))) {
        taken.met.add("waits-for-others");
        aside.push(unit);
        continue;
      }
      const isBegun = isNeeded && isBegunByOthers(job, unit);
      if (isNeeded && (isBegun ? taken.drawn >= taken.draws : taken.begun >= taken.begins)) {
        taken.met.add(taken.spent);
        barred++;
        aside.push(unit);
        continue;
      }
      job.pages.setQueued(unit, false);
      if (isNeeded) {
        holdUnit(job, lease, unit);
        units.push(unit);
        if (isBegun) taken.drawn++;
        else taken.begun++;
      }
      schedule(state, job, unit, work);
    }
  }
  for (const unit of aside) job.ring.push(unit);
}

function takeUntouched(state: CoreState, job: Job, lease: Lease, taken: Taken, scan: Scan, work: Work): void {
  const { units, size, begins } = taken;
  while (units.length < size && job.cursor < job.pages.units && scan.steps > 0) {
    if (job.open.size >= MAX_OPEN_UNITS) {
      taken.met.add("waits-for-others");
      return;
    }
    scan.steps--;
    const unit = job.cursor as UnitIndex;
    if (job.pages.isEndedPage(pageOf(unit))) {
      job.cursor = Math.min(job.pages.units, (pageOf(unit) + 1) * PAGE_UNITS);
      continue;
    }
    if (job.pages.isTouched(unit)) {
      job.cursor++;
      continue;
    }
    if (taken.begun >= begins) {
      taken.met.add(taken.spent);
      return;
    }
    job.cursor++;
    holdUnit(job, lease, unit);
    units.push(unit);
    taken.begun++;
    schedule(state, job, unit, work);
  }
}

/** Neither this account nor its cluster has a replica of the unit, whatever became of it, or a lease on it. */
export function mayTake(state: CoreState, job: Job, by: { account: HostFacts["account"]; cluster: string }, unit: UnitIndex): boolean {
  const open = job.open.get(unit);
  if (open?.replicas.some((replica) => mayBeOne(state, job, replica, by))) return false;
  if (isForVetted(state, by, open)) return false;
  for (const serial of job.pages.holders(unit)) {
    const lease = state.leaseBySerial.get(serial);
    // A lease that is being filled is not registered yet, and it is this claim's own.
    if (!lease || mayBeOne(state, job, lease, by)) return false;
  }
  return true;
}

/** Somebody else has it, or has answered it: whoever is asked next meets them. */
function isBegunByOthers(job: Job, unit: UnitIndex): boolean {
  if (job.pages.holderCount(unit) > 0) return true;
  return job.open.get(unit)?.replicas.some(({ counted }) => counted) ?? false;
}

/** What nobody vetted has a part in is shown to somebody who is. */
function isForVetted(state: CoreState, by: { account: HostFacts["account"]; cluster: string }, open: OpenUnit | undefined): boolean {
  return open?.hold === "provisional" && !isVetted(state, by);
}

/** The unit came back from this cluster, and another that is active has not had it yet. */
function isLeftToOthers(state: CoreState, job: Job, by: { cluster: string }, unit: UnitIndex): boolean {
  if (job.returned.size === 0 || job.returned.get(unit) !== keptName(by.cluster)) return false;
  const open = job.open.get(unit);
  const had = (open ? triesOf(open) : 0) + job.pages.holderCount(unit);
  return clustersOf(state, job) > had + 1;
}

/** Units of the job that the account may hold beyond those it holds, and its cluster with it. */
export function roomOf(state: CoreState, job: Job, account: Account, by: { account: HostFacts["account"]; cluster: string }): number {
  const most = Math.max(0, MAX_HELD_UNITS - account.held);
  if (servesAlone(state, job, by.account)) return most;
  const left = job.pages.units - job.pages.ended;
  const own = Math.max(MIN_HELD_SHARE_UNITS, Math.ceil(left * MAX_HELD_SHARE)) - (job.holders.get(by.account) ?? 0);
  const shared =
    Math.max(MIN_CLUSTER_SHARE_UNITS, Math.ceil(left * MAX_CLUSTER_SHARE)) - (job.clusterHolders.get(keptName(by.cluster)) ?? 0);
  return Math.max(0, Math.min(most, own, shared));
}

function batchSize(state: CoreState, job: Job, account: Account, host: HostFacts, event: Claim): number {
  let size = MAX_BATCH_UNITS;
  if (event.units > 0) size = Math.min(size, event.units);
  const pace = account.pace.get(job.spec.id);
  const expected = pace ?? declaredPace(job, host);
  if (expected !== undefined && event.gpuMillis > 0) size = Math.min(size, Math.ceil((event.gpuMillis * 1000) / expected));
  const proven = pace === undefined ? 0 : job.spec.pool === undefined ? GROWTH * account.final : MAX_BATCH_UNITS;
  size = Math.min(size, account.claims === 0 ? FIRST_CLAIM_UNITS : Math.max(UNPACED_CLAIM_UNITS, proven));
  const left = (job.pages.units - job.pages.ended) * firstVotes(job);
  return Math.max(1, Math.min(size, Math.ceil((left * TAIL_SHARE) / volunteersOf(state, job))));
}

function isAnyPaused(state: CoreState, job: JobId | null, { pool }: HostFacts): boolean {
  for (const { state: is, spec } of state.jobs.values()) {
    if (is === "paused" && spec.pool === pool && (job === null || spec.id === job)) return true;
  }
  return false;
}
