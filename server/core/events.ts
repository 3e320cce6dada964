/** What happens to the core. The shell has checked tokens and signatures and computed digests: events are facts. */

import type { JobState } from "../../shared/api.ts";
import type { Bucket } from "../../shared/bucket.ts";
import type { CanaryFinding } from "../../shared/canary.ts";
import type { Difference } from "../../shared/difference.ts";
import type { AccountId, HostId, JobId, PoolId, PublicKeyHex, SiteId, StatementId, UnitIndex, UnitRun } from "../../shared/ids.ts";
import type { ReplicaStatus } from "../../shared/wire.ts";
import type { Distance } from "./likeness.ts";

/** What the core must know of a job; the plan itself stays outside. */
export interface JobSpec {
  id: JobId;
  /** Whose token submitted it; 0: not kept. */
  owner: number;
  units: number;
  quorum: number;
  priority: number;
  creditPerUnit: number;
  requires: { features: string[]; limits: Record<string, number> };
  /** Replicas a unit may use up before it fails. */
  maxReplicas: number;
  /** The kernel computes with floats, or makes something else of them: correct GPUs may disagree, and nobody is punished for it. */
  floats: boolean;
  /** Results are alike within a tolerance, and their bytes are compared (likeness.ts); absent: those of one digest are. Of kernels with floats. */
  tolerant?: boolean | undefined;
  /** The canary has measured it: `creditPerUnit` is no owner's figure any more, and few volunteers try it first (trial.ts). */
  measured: boolean;
  /** GPU time of a unit on the auditor's GPU, microseconds; null: not measured. */
  unitMicros: number | null;
  /** GPU time that it may take in all, microseconds; null: any. */
  maxGpuMicros: number | null;
  /** Once it is measured its owner is asked before it runs. */
  asks: boolean;
  /** Its members alone compute it; absent: the job is public. */
  pool?: PoolId | undefined;
  /** How the auditor checks what one volunteer computed alone (sampling.ts); absent: each unit needs its quorum. */
  check?: UnitCheck | undefined;
}

/**
 * `checker`: the job's own checker judges each result, of `bytes` bytes, in `micros` of the auditor's GPU time. `slices`: so many
 * slices cover a unit, and some of them, drawn at random, are run again. `why`: why that is not done and a quorum decides, or "".
 * `whole`: all of it is.
 */
export type UnitCheck = TaskCheck | { how: "whole" };

/** What an auditor asks for in tasks (checks.ts). */
export type TaskCheck = { how: "checker"; bytes: number; micros: number; why: string } | { how: "slices"; slices: number; why: string };

/** Tasks are what it is checked by, whether or not that is done now. */
export function taskCheckOf({ check }: Pick<JobSpec, "check">): TaskCheck | undefined {
  return check && check.how !== "whole" ? check : undefined;
}

/** What the auditor has shown of an account. */
export interface AuditRecord {
  /** Replicas that the auditor computed too, with the same result; since it was last proven wrong. */
  passed: number;
  /** How often it was proven wrong for a result that others told too. */
  proven: number;
  /** When it last was proven wrong at all, ms: what was assigned to it before counts no more. 0: never. */
  convictedAt: number;
}

/** A signed assignment as its token says; valid on any node, after any crash. */
export interface Assignment {
  /** 16 random bytes, hexadecimal. */
  id: string;
  job: JobId;
  account: AccountId;
  runs: UnitRun[];
  issuedAt: number;
  deadline: number;
}

export interface SubmittedResult {
  unit: UnitIndex;
  status: ReplicaStatus;
  gpuMicros: number;
  /** Lower-case hexadecimal SHA-256 of the result bytes. */
  digest: string;
  /** Present when the bytes rode along and have this digest. */
  bytes: Uint8Array | null;
}

/** How far a session's statement has come with a submit. */
export interface StatementMark {
  statement: StatementId;
  /** Where the session's running hash began, 32 bytes: its name. */
  session: Uint8Array;
  /** Results that were submitted under it, those of this submit too. */
  results: number;
  /** The running hash after them, 32 bytes. */
  hash: Uint8Array;
}

/** A certificate (shared/account/certificate.ts) whose signature is good: the device is the account's. */
export interface DeviceLink {
  accountKey: PublicKeyHex;
  /** Seconds since 1970, as its signer says. */
  created: number;
  name: string;
  signature: Uint8Array;
}

export interface HostFacts {
  host: HostId;
  account: AccountId;
  /** Volunteers whose clusters share a name (cluster.ts) may be one person; AUDITOR alone is the coordinator's trusted host. */
  cluster: string;
  features: string[];
  limits: Record<string, number>;
  /** GFLOP/s of the benchmark, as the host tells it; absent: unknown. */
  gflops?: number | undefined;
  /** The pool that it serves, of which its account is a member; absent: public jobs. */
  pool?: PoolId | undefined;
}

/**
 * `now`: the server's own clock, ms. Every event has it. `draw`: 16 bytes, hexadecimal, of the platform's CSPRNG, for what is
 * drawn once results are in.
 */
export type CoreEvent =
  | { type: "job-added"; now: number; spec: JobSpec; state: JobState }
  | { type: "job-verb"; now: number; job: JobId; verb: "start" | "pause" | "halt" | "resume" | "cancel" }
  | { type: "job-cap"; now: number; job: JobId; maxGpuMicros: number | null }
  | { type: "host-joined"; now: number; facts: HostFacts; record: AuditRecord }
  | { type: "host-left"; now: number; host: HostId }
  /** `random`: 16 bytes, hexadecimal, of the platform's CSPRNG; the assignment's id. */
  | { type: "claim"; now: number; random: string; host: HostId; units: number; gpuMillis: number; job: JobId | null }
  | { type: "renew"; now: number; host: HostId; assignment: Assignment }
  | { type: "release"; now: number; host: HostId; assignment: Assignment; units: UnitIndex[] }
  /** Units of an assignment that its volunteer was never told of: they did not fit. Nobody is charged for them. */
  | { type: "trim"; now: number; assignment: Assignment; units: UnitIndex[] }
  /**
   * `cluster` as of now, for replicas whose host has left since. `site`: whose visitor its connection says it is; absent: none's.
   * `bucket`: what kind of GPU it says it has; absent: not known.
   */
  | {
      type: "submit";
      now: number;
      draw: string;
      account: AccountId;
      cluster: string;
      site?: SiteId | undefined;
      bucket?: Bucket | undefined;
      assignment: Assignment;
      results: SubmittedResult[];
      mark: StatementMark;
    }
  /** A statement of the account was signed; the signature is good. */
  | { type: "signed"; now: number; account: AccountId; statement: StatementId; signature: Uint8Array }
  /** Bytes of a wanted unit; `stored`: where the shell put them (inline bytes, or already in the blob store under `digest`). */
  | { type: "bytes"; now: number; draw: string; account: AccountId; job: JobId; unit: UnitIndex; digest: string; bytes: Uint8Array | null }
  /**
   * Results of a unit were compared, one with itself and with others: how far they are apart, as likeness.ts has it; none where
   * results of one digest are alike. `differences`: where it differs from some that it is not alike to, its own value first.
   */
  | {
      type: "compared";
      now: number;
      draw: string;
      job: JobId;
      unit: UnitIndex;
      digest: string;
      distances: { to: string; distance: Distance }[];
      differences?: { to: string; difference: Difference }[];
    }
  /** An auditor asks for a job to measure. `random`: 16 bytes, hexadecimal, of the platform's CSPRNG; the run's id. */
  | { type: "canary-claim"; now: number; random: string; features: string[]; limits: Record<string, number> }
  | { type: "canary-alive"; now: number; job: JobId; run: string }
  | { type: "canary-report"; now: number; job: JobId; run: string; finding: CanaryFinding }
  /** An auditor asks for units to check. `random`: 16 bytes, hexadecimal, of the platform's CSPRNG; the task's id, and what slices are drawn by. */
  | { type: "check-claim"; now: number; random: string; features: string[]; limits: Record<string, number> }
  /** It has run slices of a unit again, and the shell has compared what they wrote; or the job's checker has judged it. `isSame`: it is right, as far as that tells. */
  | { type: "check-report"; now: number; draw: string; job: JobId; task: string; unit: UnitIndex; isSame: boolean }
  /** It could not run what it has not told of the task. */
  | { type: "check-unrun"; now: number; job: JobId; task: string }
  /** A pool was made, or is on again: it has no members yet. */
  | { type: "pool-opened"; now: number; pool: PoolId }
  /** Somebody came with the pool's invitation. */
  /** `name`: what its person calls the machine; `invite`: hash of the invitation that it came by. */
  | { type: "member-joined"; now: number; pool: PoolId; account: AccountId; name?: string; invite?: string }
  /** By itself, or removed by the pool's owner. */
  | { type: "member-left"; now: number; pool: PoolId; account: AccountId }
  | { type: "pool-off"; now: number; pool: PoolId }
  /** A device has shown its certificate. `record`: what is known, of all together, of the devices that the account's key has joined before. */
  | { type: "device-linked"; now: number; account: AccountId; link: DeviceLink; record: Omit<AuditRecord, "passed"> }
  /** The key of the account that `by` is a device of took this one off it; the signature is good. */
  | { type: "device-revoked"; now: number; by: AccountId; device: AccountId; created: number; signature: Uint8Array }
  /** The device asked to be forgotten. `whole`: by the key of the account that joins it to others, all of them. */
  | { type: "forget"; now: number; account: AccountId; whole?: true }
  /** Deadlines are looked at; the shell sends it about once a second. */
  | { type: "tick"; now: number; draw: string };

/** An event as it is known before the shell adds to it what every one has. */
export type Timeless = CoreEvent extends infer Event ? (Event extends CoreEvent ? Omit<Event, "now" | "draw"> : never) : never;
