/**
 * Quorum verification of one unit, by exact digests or within a tolerance (likeness.ts).
 *
 *   ready ──lease──▶ leased ──replica recorded──▶ voted ──quorum of one digest──▶ agreed
 *     ▲                │                            │                              ├─its bytes are stored, and compared──▶ final
 *     └─given back─────┘                            │                              └─they are missing──▶ wanted
 *                                                   │                                   │ bytes come ──▶ final
 *     a mismatch asks for a replica from a further cluster                              │ WANTED_GRACE_MS passes:
 *     until one digest has `quorum` votes ◀─────────┤                                   ▼ one more replica is asked for
 *                                                   └─`maxReplicas` used up, no lease left──▶ failed
 *
 * A vote is an ok replica of a cluster that has no vote on the unit yet. An account's second replica is a duplicate. A
 * cluster's first replica uses up one of `maxReplicas`, whether its kernel ran or not: one person cannot use them up alone.
 *
 * A replica whose lease was over is a vote too, but none beside that of somebody who was asked for the unit meanwhile:
 * otherwise a volunteer could keep assignments and look later whom to meet. Where nobody else is there it is (late.ts).
 */
import type { Bucket } from "../../shared/bucket.ts";
import type { AccountId, SiteId, StatementId, UnitIndex } from "../../shared/ids.ts";
import type { Verdict } from "../../shared/wire.ts";
import { accountOf, noteRun } from "./account.ts";
import { isAuditor, isHeld, isVouched, letGo, review, waive } from "./audit.ts";
import { AUDITOR, keptName, MAX_CLUSTER_REPLICAS, mayBeOne, sameCluster, triesOf } from "./cluster.ts";
import { escrowOf, noteMemberUnit } from "./credit.ts";
import { failUnit, finish } from "./ending.ts";
import type { SubmittedResult } from "./events.ts";
import { countUnrecorded, takeMicros } from "./gputime.ts";
import { askLikeness, isAlike, isComparing, referenceOf } from "./likeness.ts";
import { reviewLone, settleLone } from "./sampling.ts";
import { noteOpen } from "./standing.ts";
import type { CoreState, Job, OpenUnit, Replica } from "./state.ts";
import { openUnder } from "./statement.ts";
import { bestVotes, firstVotes, isAgreed, isAgreedWithLate, isAnyLate, isDecided, neededVotes } from "./votes.ts";
import type { Work } from "./work.ts";

/** Why it failed makes no difference to its unit. */
export interface JudgedResult extends Omit<SubmittedResult, "status"> {
  status: "ok" | "failed";
}

/** Replicas a unit may use up before it fails: two honest ones outlast this many liars less two. */
export const MAX_REPLICAS = 20;

/** Bytes that were asked for may take this long, ms, until another volunteer is asked. */
export const WANTED_GRACE_MS = 60_000;
interface Submitter {
  account: AccountId;
  cluster: string;
  /** Whose visitor it is, by its own word. */
  site?: SiteId | undefined;
  /** What kind of GPU it says it has. */
  bucket?: Bucket | undefined;
  assignment: string;
  /** When the assignment was issued, ms. */
  assignedAt: number;
  statement: StatementId;
}

/** Replicas the unit should get beyond those recorded and leased; never negative. */
export function replicasNeeded(job: Job, unit: UnitIndex): number {
  const open = job.open.get(unit);
  const leased = job.pages.awaited(unit);
  if (!open) return Math.max(0, firstVotes(job) - leased);
  const left = job.spec.maxReplicas - triesOf(open) - leased;
  if (open.hold === "due" || open.hold === "check") return 0;
  const missing = isAgreed(job, open) ? (open.overdue ? 1 : 0) : neededVotes(job, open) - bestVotes(open);
  // Where one vote may be enough they are asked for one after the other.
  return Math.max(0, Math.min((job.spec.check ? Math.min(1, missing) : missing) - leased, left));
}

/** Looks at a unit after anything has changed: queues it, fails it, or leaves it. */
export function schedule(state: CoreState, job: Job, unit: UnitIndex, work: Work): void {
  const { pages } = job;
  if (pages.isEnded(unit)) return;
  if (replicasNeeded(job, unit) > 0) {
    if (pages.isQueued(unit)) return;
    pages.setQueued(unit, true);
    job.ring.push(unit);
    return;
  }
  const open = job.open.get(unit);
  if (open?.hold === "due" && !isWithAuditor(state, job, unit)) job.due.add(unit);
  if (!open || isHeld(open) || pages.holderCount(unit) > 0 || triesOf(open) < job.spec.maxReplicas) return;
  if (isAgreed(job, open) && !open.overdue) return;
  failUnit(state, job, unit, open, work);
}

/** Records one replica of a unit of a live job. `inTime`: a lease of the assignment kept the unit from others until now. */
export function judge(state: CoreState, job: Job, by: Submitter, result: JudgedResult, inTime: boolean, work: Work): Verdict {
  const { unit } = result;
  if (job.pages.isEnded(unit)) {
    if (state.recent.has(job.spec.id, unit, by.account)) return "duplicate";
    countUnrecorded(state, job, by.account, result, work);
    return "late";
  }

  const open = openUnit(job, unit);
  const known = replicaBy(open, by.account);
  const kin = known ? NONE : kinOf(state, job, open, by);
  if (kin.length >= MAX_CLUSTER_REPLICAS) {
    countUnrecorded(state, job, by.account, result, work);
    schedule(state, job, unit, work);
    return "refused";
  }
  // A lease that a crash of ours has ended stands.
  const lateAt = inTime || by.assignedAt <= state.startedAt ? null : work.now;
  // What it has said as a volunteer is no audit, and it cannot say anything else.
  if (known && isAuditor(by) && !isAuditor(known)) waive(job, unit, open);
  const replica = known ?? record(state, job, open, by, kin, result, lateAt, work);
  const { digest } = replica;
  const ridesAlong = result.status === "ok" && replica.status === "ok" && result.digest === digest && result.bytes;
  if (ridesAlong && !open.withBytes.includes(digest)) storeBytes(job, unit, open, digest, result.bytes, work);

  let verdict: Verdict = known ? "duplicate" : "recorded";
  if (replica.status === "ok" && !open.withBytes.includes(digest)) {
    replica.asked = true;
    // Whoever is asked now gets the whole time to answer.
    if (!known) open.overdue = false;
    verdict = "wanted";
  }
  conclude(state, job, unit, open, work);
  return verdict;
}

/** Takes the bytes that an account was asked for. False when they are not wanted. */
export function takeBytes(
  state: CoreState,
  job: Job,
  account: AccountId,
  unit: UnitIndex,
  digest: string,
  bytes: Uint8Array | null,
  work: Work,
): boolean {
  const open = job.open.get(unit);
  const replica = open?.replicas.find((candidate) => candidate.account === account);
  if (!open || !replica?.asked || replica.digest !== digest) return false;
  if (open.withBytes.includes(digest)) return true;
  storeBytes(job, unit, open, digest, bytes, work);
  conclude(state, job, unit, open, work);
  return true;
}

/** The digest whose bytes the account was asked for and that nobody has brought yet. */
export function wantedDigest(job: Job, unit: UnitIndex, account: AccountId): string | undefined {
  const open = job.open.get(unit);
  const replica = open?.replicas.find((candidate) => candidate.account === account);
  return replica?.asked && !open?.withBytes.includes(replica.digest) ? replica.digest : undefined;
}

/** Asks for another replica where agreed bytes did not come. */
export function chaseWanted(state: CoreState, job: Job, work: Work): void {
  for (const [unit, since] of job.wanted) {
    if (since + WANTED_GRACE_MS > work.now) return;
    job.wanted.delete(unit);
    const open = job.open.get(unit);
    if (!open) throw new Error(`wanted unit ${unit} is not open`);
    open.overdue = true;
    schedule(state, job, unit, work);
  }
}

export function openUnit(job: Job, unit: UnitIndex): OpenUnit {
  let open = job.open.get(unit);
  if (!open) {
    const distances = job.spec.tolerant ? new Map() : null;
    open = {
      replicas: [],
      withBytes: [],
      distances,
      overdue: false,
      hold: "none",
      ruling: null,
      lone: "undecided",
      check: null,
      rejected: [],
      unjudged: null,
    };
    job.open.set(unit, open);
    job.pages.touch(unit);
  }
  return open;
}

function replicaBy(open: OpenUnit, account: AccountId): Replica | undefined {
  for (const replica of open.replicas) if (replica.account === account) return replica;
  return undefined;
}

const NONE: readonly Replica[] = [];

/** Replicas of the unit that may be of the same person. */
function kinOf(state: CoreState, job: Job, open: OpenUnit, by: Pick<Submitter, "account" | "cluster">): readonly Replica[] {
  let kin: Replica[] | undefined;
  for (const replica of open.replicas) {
    if (!mayBeOne(state, job, replica, by)) continue;
    if (kin) kin.push(replica);
    else kin = [replica];
  }
  return kin ?? NONE;
}

/** A replica as it is told; the rest follows from those beside it. */
type ToldReplica = Omit<Replica, "first" | "counted" | "asked">;

/** Adds a replica, recorded at this time, ms, to an open unit. */
export function addReplica(state: CoreState, job: Job, open: OpenUnit, told: ToldReplica, at: number): Replica {
  return addBeside(state, job, open, kinOf(state, job, open, told), told, at);
}

/** The same, where those that may be of the same person by now are known. It is a vote when it ran and its cluster had none by then. */
function addBeside(state: CoreState, job: Job, open: OpenUnit, kin: readonly Replica[], told: ToldReplica, at: number): Replica {
  const { account, cluster, site, bucket, digest, status, credit, statement, assignedAt, lateAt } = told;
  let first = true;
  let counted = status === "ok" && isAlike(open, digest, digest) !== false;
  for (const other of kin) {
    if (!mayBeOne(state, job, other, told, at)) continue;
    first = false;
    if (other.counted) counted = false;
  }
  const added = { account, cluster, site, bucket, digest, status, credit, statement, assignedAt, lateAt, first, counted, asked: false };
  // Most units have one for long, and an array that grows makes room for sixteen.
  if (open.replicas.length === 0) open.replicas = [added];
  else open.replicas.push(added);
  if (status === "ok") job.counted++;
  if (isAuditor(added)) {
    if (status === "ok") open.ruling = digest;
    else open.hold = "waived";
  }
  return added;
}

function record(
  state: CoreState,
  job: Job,
  open: OpenUnit,
  by: Submitter,
  kin: readonly Replica[],
  result: JudgedResult,
  lateAt: number | null,
  work: Work,
): Replica {
  const { unit, digest, status } = result;
  const { account, cluster, site, bucket, assignment, assignedAt, statement } = by;
  const known = accountOf(state, account);
  const gpuMicros = takeMicros(job, known, result.gpuMicros);
  const credit = isAuditor(by) ? 0 : escrowOf(job, status);
  if (isAuditor(by)) {
    letGo(job, unit, open);
    job.owedSince = work.now;
  }
  work.store({
    type: "replica",
    replica: {
      job: job.spec.id,
      unit,
      account,
      cluster: nameToKeep(kin, cluster),
      site,
      assignment,
      digest,
      status,
      gpuMicros,
      credit,
      statement,
      at: work.now,
    },
  });
  noteMemberUnit(job, account, "submitted", work);
  work.accountChanged(account);
  noteRun(known, job.spec.id, status === "ok");
  noteOpen(state, job, by, 1);
  openUnder(state, statement);
  const told = { account, cluster, site, bucket, digest, status, credit, statement, assignedAt, lateAt };
  return addBeside(state, job, open, kin, told, work.now);
}

function isWithAuditor(state: CoreState, job: Job, unit: UnitIndex): boolean {
  return job.pages.holders(unit).some((serial) => state.leaseBySerial.get(serial)?.cluster === AUDITOR);
}

/** That of its cluster's first replica, which may be of another week: after a restart they must still be one. */
function nameToKeep(kin: readonly Replica[], cluster: string): string {
  for (const replica of kin) if (sameCluster(replica.cluster, cluster)) return keptName(replica.cluster);
  return keptName(cluster);
}

function storeBytes(job: Job, unit: UnitIndex, open: OpenUnit, digest: string, bytes: Uint8Array | null, work: Work): void {
  work.store({ type: "bytes", job: job.spec.id, unit, digest, bytes });
  askLikeness(job, unit, open, digest, work);
  if (open.withBytes.length === 0) open.withBytes = [digest];
  else open.withBytes.push(digest);
}

/** Ends the unit when it can be, else sees what it waits for. */
export function conclude(state: CoreState, job: Job, unit: UnitIndex, open: OpenUnit, work: Work): void {
  settleLone(state, job, unit, open, work.now);
  if (!isComparing(open)) {
    const winner = winnerOf(state, job, open);
    if (open.lone === "yes") reviewLone(state, job, unit, open, winner, work);
    else review(state, job, unit, open, winner, work);
    if (winner !== undefined && !isHeld(open)) {
      finish(state, job, unit, open, winner, work);
      return;
    }
  }
  const agreed = isAgreed(job, open);
  const isWanted = agreed && !isHeld(open) && !open.overdue;
  if (!isWanted) {
    // What was agreed may be so no more: the auditor has contradicted it, or a second vote is asked for.
    if (job.wanted.size > 0) job.wanted.delete(unit);
  } else if (!job.wanted.has(unit)) job.wanted.set(unit, work.now);
  if (!agreed && isAnyLate(open) && !job.late.has(unit) && isAgreedWithLate(job, open)) job.late.set(unit, work.now);
  schedule(state, job, unit, work);
}

/** The decided digest that is the unit's, once its bytes are there. */
function winnerOf(state: CoreState, job: Job, open: OpenUnit): string | undefined {
  const { withBytes } = open;
  const [only] = withBytes;
  if (only === undefined || withBytes.length === 1) return only !== undefined && isDecided(job, open, only) ? only : undefined;
  // A quorum that keeps its bytes back does not stand in the way of one that gave them.
  const decided = withBytes.filter((digest) => isDecided(job, open, digest));
  // Where two results have their votes, the one that somebody vetted gave.
  const vouched = decided.filter((digest) => isVouched(state, open, digest));
  return referenceOf(open, decided, vouched);
}
