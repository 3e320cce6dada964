/** The store as the core sees it: an async interface that takes a batch of operations as one durable transaction. */

import type { JobState } from "../../shared/api.ts";
import type { BackupPart } from "../../shared/backup.ts";
import type { CanaryFinding } from "../../shared/canary.ts";
import type { AccountId, BlobHash, JobId, PoolId, PublicKeyHex, SiteId, StatementId, UnitIndex, UnitRun } from "../../shared/ids.ts";
import type { Outcome } from "../../shared/protocol.ts";
import type { BoxStore } from "./box-store.ts";
import type { DeviceStore } from "./device-store.ts";
import type { AuditRecord, DeviceLink, JobSpec, StatementMark } from "./events.ts";
import type { PoolStore } from "./pool-store.ts";
import type { Portability, PortabilityRows } from "./portability-store.ts";
import type { SiteStore } from "./site-store.ts";

export type StoreOp =
  /** `cancelled` and `failed` void the job's replicas that are still open; their escrow goes with `endJob`. */
  | { type: "job-state"; job: JobId; state: JobState; reason: string; at: number }
  /** The canary has measured the job: what it found, and what the core needs of the job from now on. */
  | { type: "canary"; job: JobId; spec: JobSpec; record: CanaryRecord }
  /** What the core needs of the job from now on. */
  | { type: "spec"; job: JobId; spec: JobSpec }
  /** A submit of a session has taken its statement so far. Before the replicas that it brought. */
  | ({ type: "statement"; account: AccountId; at: number } & StatementMark)
  /** The statement is signed: what was earned under it vests, and what will be does so at once. */
  | { type: "signed"; statement: StatementId; account: AccountId; signature: Uint8Array; at: number }
  /** One recorded replica; the core sends one for each (job, unit, account). Its credit is escrowed. */
  | { type: "replica"; replica: ReplicaRow }
  /** GPU time that a job has taken beside its replicas', microseconds. */
  | { type: "gpu-time"; job: JobId; micros: number }
  /** Result bytes of a digest, kept until the unit is final (and after, when canonical). null: they are in the blob store. */
  | { type: "bytes"; job: JobId; unit: UnitIndex; digest: string; bytes: Uint8Array | null }
  /** The auditor is to compute the unit before it is final. */
  | { type: "due"; job: JobId; unit: UnitIndex }
  /** Canonical result. Every replica of the unit is settled, in the order they were recorded. `slices`: so many of it were run again, or so often its job's checker was; absent: none. */
  | {
      type: "final";
      job: JobId;
      unit: UnitIndex;
      digest: string;
      audited: Audited;
      slices?: number;
      settled: Settled[];
      kinds?: Portability | undefined;
      at: number;
    }
  /**
   * The auditor found an account out: its replicas up to now vote no more, what it had passed counts no more. `cluster`: to be watched;
   * null: it answers for another device. `alike`: with a result that another cluster told too.
   */
  | { type: "proven-wrong"; account: AccountId; cluster: string | null; alike: boolean; at: number; watchedUntil: number }
  | { type: "unit-failed"; job: JobId; unit: UnitIndex; settled: Settled[]; kinds?: Portability | undefined; at: number }
  /** The last unit of a page has ended: nothing of the page changes any more. */
  | { type: "page-ended"; job: JobId; page: number }
  /** `invite`: hash of the invitation that lets in one less now. */
  | { type: "member-joined"; pool: PoolId; account: AccountId; name?: string; invite?: string; at: number }
  | { type: "member-named"; pool: PoolId; account: AccountId; name: string }
  | { type: "member-left"; pool: PoolId; account: AccountId; at: number }
  /** What became of one replica of a member's, beside what its account counts. */
  | { type: "member-unit"; pool: PoolId; account: AccountId; became: "submitted" | "final" | "refused" }
  /** It has no members and no invitation any more. */
  | { type: "pool-off"; pool: PoolId; at: number }
  | ({ type: "device-linked"; account: AccountId; at: number } & DeviceLink)
  | { type: "device-revoked"; account: AccountId; created: number; signature: Uint8Array; at: number }
  /** Its memberships too, and that it is a device of an account. */
  | { type: "forget"; account: AccountId; at: number };

/** What the canary found, and when, ms. */
export type CanaryRecord = CanaryFinding & { at: number };

/**
 * Whether the auditor had the canonical result too: by surprise, which is an audit passed for all that are paid, in a dispute, or in
 * the slices that it drew, which is one passed too. `checker`: the job's own checker accepted it, which is its owner's word.
 */
export type Audited = "no" | "checker" | "slices" | "surprise" | "dispute";

/** The auditor has computed all of it. */
export function isWhole(audited: Audited): boolean {
  return audited === "surprise" || audited === "dispute";
}

/** Whoever is paid has passed an audit. */
export function isPassed(audited: Audited): boolean {
  return audited === "surprise" || audited === "slices";
}

/** Units a page: what the core keeps in one piece, and the store in one row. */
export const PAGE_UNITS = 4096;

/** States of a job that has come to its end. */
export const OVER: readonly JobState[] = ["done", "failed", "cancelled"];

export function isOver({ state }: { state: JobState }): boolean {
  return OVER.includes(state);
}

/** Number of the page that holds a unit. */
export function pageOf(unit: number): number {
  return Math.floor(unit / PAGE_UNITS);
}

/** What became of a replica: its credit leaves escrow, to final, or for nobody; what is to be final and is not signed stays there. */
export interface Settled {
  account: AccountId;
  /** The site that has the unit and its credit too, where it is final and earns some. */
  site?: SiteId | undefined;
  credit: number;
  outcome: Exclude<Outcome, "open">;
  digest: string;
  statement: StatementId;
  signed: boolean;
  /** It is the auditor's; absent: a volunteer's. */
  auditor?: true | undefined;
}

export interface ReplicaRow {
  job: JobId;
  unit: UnitIndex;
  account: AccountId;
  cluster: string;
  site?: SiteId | undefined;
  assignment: string;
  digest: string;
  status: "ok" | "failed";
  gpuMicros: number;
  credit: number;
  statement: StatementId;
  at: number;
}

export interface JobRow {
  id: JobId;
  /** Id of the owner's token. */
  owner: number;
  ownerName: string;
  state: JobState;
  reason: string;
  /** job.json as checked. */
  manifest: string;
  plan: BlobHash;
  /** Blob of the kernel as the owner wrote it. */
  source: BlobHash;
  createdAt: number;
  /** When volunteers could first meet it; null until then. */
  startedAt: number | null;
  finishedAt: number | null;
  /** null: it was not measured. */
  canary: CanaryRecord | null;
  /** Whose members alone may see it; absent: everybody. */
  pool?: PoolId | undefined;
}

export interface AccountRow {
  id: AccountId;
  /** null once forgotten. */
  publicKey: PublicKeyHex | null;
  creditEscrow: number;
  creditFinal: number;
  unitsSubmitted: number;
  unitsFinal: number;
  unitsRefused: number;
  gpuMicros: number;
  record: AuditRecord;
}

/** An account as everybody may see it: of its device, or of the key that joins several. */
export type PublicAccount = Pick<
  AccountRow,
  "publicKey" | "creditEscrow" | "creditFinal" | "unitsSubmitted" | "unitsFinal" | "unitsRefused"
>;

export interface TokenRow {
  id: number;
  name: string;
  /** May make, list and revoke tokens. */
  admin: boolean;
  createdAt: number;
  revokedAt: number | null;
}

/** What the core needs of an unfinished job when the process starts. */
export interface JobHistory {
  /** Final units as the shortest runs, ascending. */
  final: UnitRun[];
  failed: UnitIndex[];
  /** Replicas of units that are neither final nor failed; `struck`: its account was proven wrong since; `signed`: its statement is. */
  open: (ReplicaRow & { hasBytes: boolean; struck: boolean; signed: boolean })[];
  /** Units of them that the auditor is to compute. */
  due: UnitIndex[];
}

/** Sums over a job's replicas. */
export interface JobTally {
  /** Recorded, and their kernel ran. */
  counted: number;
  /** Of them, those that differed from the canonical digest. */
  refused: number;
  /** Replicas of final units. */
  recorded: number;
  /** Final units. */
  final: number;
  /** Final units that the auditor computed too. */
  audited: number;
  /** Final units of which slices were run again, and how many slices; or whose results were judged by the job's checker, and how often. */
  checked: number;
  checkedSlices: number;
  /** GPU time of all that were recorded, microseconds. */
  gpuMicros: number;
}

export interface FinalRow {
  unit: UnitIndex;
  digest: string;
  /** null: in the blob store under `digest`. */
  bytes: Uint8Array | null;
  at: number;
}

/** One unit as it is kept. What only mattered while its page of units was open is gone once that has ended. */
export interface UnitRow {
  ended: "final" | "failed" | null;
  /** When it ended, ms; null until then. */
  at: number | null;
  /** Of the canonical result; null unless it is final. */
  digest: string | null;
  /** In the order they were recorded. */
  replicas: UnitReplicaRow[];
  /** Digests whose bytes are kept, the canonical one first. */
  kept: string[];
}

export interface UnitReplicaRow extends Pick<ReplicaRow, "account" | "status" | "gpuMicros" | "credit"> {
  /** Its statement is: what it earned has vested. */
  signed: boolean;
  /** null once forgotten. */
  publicKey: PublicKeyHex | null;
  outcome: Outcome;
  /** null: it was not kept. */
  digest: string | null;
  /** null: it was not kept. */
  cluster: string | null;
}

export interface OwnUnits {
  /** Descending. */
  units: { unit: UnitIndex; outcome: Outcome }[];
  /** There may be more below this one; null: there are none. */
  next: number | null;
}

export interface RefusedRow {
  unit: UnitIndex;
  account: AccountId;
  /** null once forgotten. */
  publicKey: PublicKeyHex | null;
  digest: string;
  canonical: string;
  at: number;
}

export interface Store extends SiteStore {
  /** All of `ops` or nothing, on disk when it resolves. */
  commit(ops: readonly StoreOp[]): Promise<void>;
  /**
   * Takes a step to void what is open of a job that is over, as one short transaction; true while something is left. Other
   * operations may come between steps, and a crash: the next step goes on where the last one was.
   */
  endJob(job: JobId): Promise<boolean>;

  /** The value under `key`, made by `create` and kept when there is none. */
  secret(key: string, create: () => Uint8Array): Promise<Uint8Array>;

  /** Keys of the secrets that begin with `prefix`. */
  secrets(prefix: string): Promise<string[]>;
  dropSecret(key: string): Promise<void>;
  /** Whether the cluster of a replica that is not settled begins with `prefix`. Looks at all of them. */
  hasOpenCluster(prefix: string): Promise<boolean>;

  addJob(row: Omit<JobRow, "id">, spec: Omit<JobSpec, "id">): Promise<JobRow>;
  jobs(): Promise<JobRow[]>;
  /** What the core needs of a job. Rejects when there is no such job. */
  spec(job: JobId): Promise<JobSpec>;
  /** Costs the same for jobs of any size. */
  tally(job: JobId): Promise<JobTally>;
  /** Accounts of whom it has a final unit, the auditor not among them; null: it began before they were counted. Costs the same for jobs of any size. */
  madeBy(job: JobId): Promise<number | null>;
  history(job: JobId): Promise<JobHistory>;
  /** `few`: those of kinds with fewer hosts than `minHosts`. Costs the same for jobs of any size. */
  portability(job: JobId, minHosts: number): Promise<PortabilityRows>;

  /** The account of this key, made when it is new. */
  accountOf(publicKey: PublicKeyHex, now: number): Promise<AccountRow>;
  /** The account of this key, or undefined when there is none. */
  knownAccount(publicKey: PublicKeyHex): Promise<AccountRow | undefined>;
  account(id: AccountId): Promise<AccountRow | undefined>;
  /** With what they did for the public: units of pools do not count, and who did nothing else is not there. */
  accounts(limit: number): Promise<PublicAccount[]>;
  /** The highest number that a statement has had; 0: there is none. */
  lastStatement(): Promise<StatementId>;
  /** The account's unsigned statement that ends with this hash and got its last result after `since`, ms. */
  unsignedStatement(account: AccountId, hash: Uint8Array, since: number): Promise<StatementId | undefined>;
  /** Names of clusters that are watched, and until when, ms, the earliest first; what was over by `now` is forgotten. */
  watched(now: number): Promise<Map<string, number>>;

  /** `secretHash`: hexadecimal SHA-256 of the token. */
  addToken(name: string, admin: boolean, secretHash: string, now: number): Promise<TokenRow>;
  tokenOf(secretHash: string): Promise<TokenRow | undefined>;
  tokens(): Promise<TokenRow[]>;
  revokeToken(id: number, now: number): Promise<boolean>;

  readonly pools: PoolStore;
  readonly devices: DeviceStore;
  readonly boxes: BoxStore;

  /** Final units from `from` on, ascending, at most `limit`. */
  finals(job: JobId, from: UnitIndex, limit: number): Promise<FinalRow[]>;
  /** Result bytes of a unit, whether it has ended or not: for the coordinator's own comparison alone. */
  result(job: JobId, unit: UnitIndex, digest: string): Promise<FinalRow | undefined>;
  final(job: JobId, unit: UnitIndex): Promise<FinalRow | undefined>;
  failedUnits(job: JobId): Promise<UnitIndex[]>;
  /** Undefined when nobody has answered it. */
  unit(job: JobId, unit: UnitIndex): Promise<UnitRow | undefined>;
  /** Result bytes of a unit that has ended, one of `UnitRow.kept`; undefined when they are not kept. */
  kept(job: JobId, unit: UnitIndex, digest: string): Promise<FinalRow | undefined>;
  /** Replicas whose digest differs from the canonical one, newest first. */
  refused(job: JobId, limit: number): Promise<RefusedRow[]>;
  /** Units of a job below `before` that the account has a replica of; at most `limit` (MAX_OWN_UNITS) of them. */
  unitsOf(job: JobId, account: AccountId, before?: number, limit?: number): Promise<OwnUnits>;

  /** Blobs of results that lost and that no result has any more; something else may still refer to them. */
  garbage(limit: number): Promise<BlobHash[]>;
  /** The blob is gone, or is needed after all. */
  dropGarbage(hash: BlobHash): Promise<void>;

  close(): Promise<void>;
}

/** All that is stored, as it was at one moment, while work goes on. */
export interface OpenBackup {
  /** In the order of a backup; to be read once. */
  parts: AsyncIterable<BackupPart>;
  /** Frees what the backup took; however far it was read. */
  close(): Promise<void>;
}
