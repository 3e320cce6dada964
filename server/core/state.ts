/** All that the core remembers. Plain data; `step` alone changes it. */
import type { JobState } from "../../shared/api.ts";
import type { Bucket } from "../../shared/bucket.ts";
import type { Difference } from "../../shared/difference.ts";
import type { AccountId, HostId, JobId, PoolId, PublicKeyHex, SiteId, StatementId, UnitIndex, UnitRun } from "../../shared/ids.ts";
import { type Active, noneActive } from "./active.ts";
import type { AuditRecord, HostFacts, JobSpec } from "./events.ts";
import type { GpuBudget } from "./gputime.ts";
import type { Distances } from "./likeness.ts";
import type { Pages } from "./pages.ts";
import { RecentUnits } from "./recent.ts";
import type { Ring } from "./ring.ts";
import type { Statement } from "./statement.ts";

/** Share of agreed units that the auditor computes again, unless the operator says otherwise. */
export const DEFAULT_AUDIT_SHARE = 0.05;
/** What the canary may take, ms, unless the operator says otherwise. */
const DEFAULT_CANARY_MS = 600_000;

export interface CoreState {
  jobs: Map<JobId, Job>;
  /** Running jobs, the one to be served first in front. */
  running: Job[];
  /** Jobs that the canary has to measure, by id. */
  inCanary: Job[];
  pools: Map<PoolId, Pool>;
  hosts: Map<HostId, HostFacts>;
  accounts: Map<AccountId, Account>;
  /** Those that an account's key has joined (devices.ts), and by that key which they are. */
  devices: Map<AccountId, Device>;
  joined: Map<PublicKeyHex, Set<AccountId>>;
  /** By the name that is kept of them. */
  clusters: Map<string, Standing>;
  activeAccounts: Active;
  activeClusters: Active;
  /** By assignment id. */
  leases: Map<string, Lease>;
  leaseBySerial: Map<number, Lease>;
  /** Serials of leases that are gone, and the first that was never given: numbers stay below the most leases there ever were at once. */
  freeSerials: number[];
  nextSerial: number;
  recent: RecentUnits;
  /** Accounts whose answer to a unit became no replica, and whose time for it was counted all the same. */
  unrecorded: RecentUnits;
  /** Those with open replicas. */
  statements: Map<StatementId, Statement>;
  /** Share of agreed units that the auditor computes again, 0 to 1. */
  auditShare: number;
  /** What measuring a job may take, ms; 0: jobs are not measured. */
  canaryMs: number;
  /** Auditors that are connected. */
  auditors: Set<HostId>;
  /** Until when one that left is waited for, ms; those that stay may be unable to do what it owed. */
  auditorAwaitedUntil: number;
  /** The job whose units the auditor is given to check, and since when, ms. */
  checkTurn: { job: JobId | null; since: number };
  /** Names of clusters whose results are looked at more closely, and until when, ms. */
  watched: Map<string, number>;
  /** When this process began, ms: what was assigned before, its leases are lost through no fault of their volunteers. */
  startedAt: number;
  /** When standing was last halved, ms. */
  decayedAt: number;
}

export interface Device {
  accountKey: PublicKeyHex;
  /** ms. */
  linkedAt: number;
  isRevoked: boolean;
}

/** A job of it is its members' alone (pool.ts). */
export interface Pool {
  members: Set<AccountId>;
  isOff: boolean;
  /** Accounts with hosts that serve it now, and how many. */
  serving: Map<AccountId, number>;
}

export interface Job {
  spec: JobSpec;
  state: JobState;
  /** While its state is "canary" (canary.ts), else null. */
  canary: Canary | null;
  /** GPU time of its recorded replicas, microseconds, as their volunteers told it and it was believed. */
  gpuMicros: number;
  /** Until when few volunteers try it (trial.ts), ms. */
  trialUntil: number;
  pages: Pages;
  /** Touched units that need another replica; what needs none any more is dropped when it is drawn. */
  ring: Ring;
  /** Units below were handed out once, or touched otherwise. */
  cursor: number;
  /** Units with a recorded replica that have not ended. */
  open: Map<UnitIndex, OpenUnit>;
  /** Units whose votes agree but whose bytes are missing, since when, oldest first. */
  wanted: Map<UnitIndex, number>;
  /** Units whose votes agree but for some that came late, since when, oldest first (late.ts). */
  late: Map<UnitIndex, number>;
  /** Units each account holds of this job; none: no entry. */
  holders: Map<AccountId, number>;
  /** The same for each cluster, by the name that is kept of it. */
  clusterHolders: Map<string, number>;
  /** Units that came back unanswered and have not ended, with the cluster that had them last. */
  returned: Map<UnitIndex, string>;
  /** Units that wait for the auditor to take them. */
  due: Set<UnitIndex>;
  /** Units that the auditor is to compute, with it or not. */
  owed: number;
  /** When the auditor last answered a unit of it, or began to owe some, ms. */
  owedSince: number;
  /** It has answered none for too long (audit.ts), or lost its device with one: until the job is resumed all is as without it. */
  isStalled: boolean;
  /** Units that agreed and whose volunteers have shown too little, since when, oldest first. */
  provisional: Map<UnitIndex, number>;
  /** The provisional units of each account that has a part in some. */
  provisionalOf: Map<AccountId, Set<UnitIndex>>;
  /** When the auditor was last given units of it, ms; 0: never. */
  auditedFrom: number;
  /** Final units that the auditor computed too, and agreements that it found wrong. */
  audited: number;
  overruled: number;
  /** Units of one volunteer's that wait for a check of slices, since when, oldest first (sampling.ts). */
  checks: Map<UnitIndex, number>;
  /** Of them, those that no auditor has. */
  unchecked: Set<UnitIndex>;
  /** What auditors check now, by id. */
  checkTasks: Map<string, CheckTask>;
  /** When an auditor that can check it was last heard of, or it began to wait for one, ms, and when one was last given units of it. */
  checkerAt: number;
  checkedFrom: number;
  /** Final units of which slices were run again, and how many slices; or whose results were judged by the job's checker, and how often. */
  checked: number;
  checkedSlices: number;
  /** Checks that the whole unit contradicted: its slices, or its checker, are not what they seemed. */
  falseAlarms: number;
  /** Tasks in a row that could not be run on an auditor's GPU, since one joined. */
  unrunTasks: number;
  /** Units of tasks in which the job's checker did not come to its end: it judges each of them alone. */
  suspects: Set<UnitIndex>;
  /** Whose devices were lost with it since it runs, no two of them may be one person (quarantine.ts). */
  losses: Pick<Lease, "account" | "cluster">[];
  /** Results of which was asked where they differ, since this process began (portability.ts). */
  differed: number;
  /** The largest part of its tolerance that a result which was paid took, 0 to 1, since this process began; null: none was. */
  taken: number | null;
  /** Replicas that ran, and those of them that lost. */
  counted: number;
  refused: number;
  /** Replicas of final units. */
  recorded: number;
}

/** It has taken all the GPU time that it may. */
export function isSpent({ spec, gpuMicros }: Pick<Job, "spec" | "gpuMicros">): boolean {
  return spec.maxGpuMicros !== null && gpuMicros >= spec.maxGpuMicros;
}

export interface Canary {
  /** When an auditor that can run the job last asked for one, or was heard of, or the job began to wait, ms. */
  askedAt: number;
  /** How often an auditor began and was not heard of again. */
  broken: number;
  run: CanaryRun | null;
}

export interface CanaryRun extends Pick<HostFacts, "features" | "limits"> {
  id: string;
  beganAt: number;
  heardAt: number;
}

export interface CheckTask {
  /** By unit: the digest in question, and the slices that were drawn of it, none where the job's checker judges it. */
  units: Map<UnitIndex, { digest: string; slices: number[] }>;
  /** Afterwards others get them, ms. */
  deadline: number;
}

export interface OpenUnit {
  replicas: Replica[];
  /** Digests whose bytes are stored. */
  withBytes: string[];
  /** Where results are compared within a tolerance, what is known of them (likeness.ts); null: results of one digest are alike. */
  distances: Distances | null;
  /** Where results that are not alike differ, by digest of both, as the second is told beside the first; absent: not known of any. */
  differences?: Map<string, Map<string, Difference>>;
  /**
   * Where it is agreed and not final: the bytes, or somebody vetted who says the same, were waited for in vain, and another replica
   * is asked for. Both waits begin anew when somebody is asked for bytes, and when it becomes provisional.
   */
  overdue: boolean;
  /** What the auditor has to do with it (audit.ts). */
  hold: Hold;
  /** The auditor's digest, once it has computed the unit. */
  ruling: string | null;
  /** One vote is enough, once the auditor has checked it (sampling.ts). What is "no" stays so. */
  lone: "undecided" | "yes" | "no";
  /** What the last check of it came to; `slices`: so many were run, or so often its checker was. */
  check: { digest: string; slices: number; isSame: boolean } | null;
  /** Results that its job's checker refused: whoever told one has no vote by it. */
  rejected: string[];
  /** The result over which its job's checker did not come to its end. */
  unjudged: string | null;
}

/**
 * `provisional`: its volunteers have shown too little. `due`: the auditor computes it. `check`: the auditor checks slices of it, or lets its checker judge it.
 * `waived`: the auditor cannot.
 */
export type Hold = "none" | "provisional" | "due" | "check" | "waived";

export interface Replica {
  account: AccountId;
  /** Names of cluster.ts; after a restart the kept one alone. */
  cluster: string;
  /** Whose visitor computed it, by its own word; absent: nobody's. Nothing is decided by it. */
  site?: SiteId | undefined;
  /** What kind of GPU its host said it has, for reports; absent: not known, as after a restart. Nothing is decided by it. */
  bucket?: Bucket | undefined;
  digest: string;
  status: "ok" | "failed";
  /** No earlier replica of the unit is of its cluster: it uses up one of `maxReplicas`. */
  first: boolean;
  /** A vote: no other counted replica of the unit is of its cluster. */
  counted: boolean;
  /** When its assignment was issued, ms; after a restart, when it was recorded. */
  assignedAt: number;
  /** Its volunteer was asked for the bytes. */
  asked: boolean;
  credit: number;
  statement: StatementId;
  /** When it was recorded, ms, if its lease was over by then; else null. */
  lateAt: number | null;
}

export interface Lease {
  serial: number;
  id: string;
  job: JobId;
  /** null once the host has left. */
  host: HostId | null;
  account: AccountId;
  cluster: string;
  runs: UnitRun[];
  /** Units that it holds. */
  left: number;
  /** When its assignment was issued, and when a unit of it was last answered, ms. */
  assignedAt: number;
  progressAt: number;
  deadline: number;
  lifeMs: number;
  /** When its first life ends, ms, and whether it has: it keeps nobody else from its units any more. */
  dueAt: number;
  overdue: boolean;
}

/** How the latest replicas of an account or a cluster were judged, and what came back; halved every DECAY_MS. */
export interface Standing {
  final: number;
  refused: number;
  /** Units that came back without an answer. */
  returned: number;
  /** Waiting units that it drew; of a cluster, those that its keys drew at its expense. */
  drawn: number;
  /** Recorded replicas of units that have not ended; not halved. */
  open: number;
  /** The last period in which a replica became final (active.ts). */
  activeIn: number;
}

/** What matters of an account while it is here; totals are in the store. */
export interface Account extends Standing {
  record: AuditRecord;
  /** Replicas of its own that the auditor contradicted, less those, or the share of those, that it confirmed, never below 0; halved every DECAY_MS. */
  contradicted: number;
  hosts: number;
  gpu: GpuBudget;
  claims: number;
  leases: number;
  /** Units held by its leases. */
  held: number;
  /** Kernels that could not run, less those that did, never below 0; halved every DECAY_MS. By job. */
  failures: Map<JobId, number>;
  /** Measured GPU time a unit, microseconds, by job. */
  pace: Map<JobId, number>;
}

/** Notes when the process began; later calls change nothing. */
export function beginAt(state: CoreState, now: number): void {
  if (state.startedAt === 0) state.startedAt = now;
}

export function createState(auditShare = DEFAULT_AUDIT_SHARE, canaryMs = DEFAULT_CANARY_MS): CoreState {
  return {
    jobs: new Map(),
    running: [],
    inCanary: [],
    pools: new Map(),
    hosts: new Map(),
    accounts: new Map(),
    devices: new Map(),
    joined: new Map(),
    clusters: new Map(),
    activeAccounts: noneActive(),
    activeClusters: noneActive(),
    leases: new Map(),
    leaseBySerial: new Map(),
    freeSerials: [],
    nextSerial: 1,
    recent: new RecentUnits(),
    unrecorded: new RecentUnits(),
    statements: new Map(),
    auditShare,
    canaryMs,
    auditors: new Set(),
    auditorAwaitedUntil: 0,
    checkTurn: { job: null, since: 0 },
    watched: new Map(),
    startedAt: 0,
    decayedAt: 0,
  };
}
