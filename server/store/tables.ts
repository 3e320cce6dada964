/** The tables as kysely sees them. Digests are 32-byte blobs, times ms since 1970. */
import type { ColumnType, Generated } from "kysely";
import type { JobState } from "../../shared/api.ts";
import type { Bucket } from "../../shared/bucket.ts";
import type { AccountId, BlobHash, JobId, PoolId, PublicKeyHex, SiteId, StatementId, UnitIndex } from "../../shared/ids.ts";

export interface Tables {
  jobs: JobTable;
  accounts: AccountTable;
  statements: StatementTable;
  tokens: TokenTable;
  sites: SiteTable;
  pools: PoolTable;
  members: MemberTable;
  devices: DeviceTable;
  wishes: WishTable;
  boxes: BoxTable;
  secrets: { key: string; value: Uint8Array };
  journal: JournalTable;
  pages: PageTable;
  page_accounts: { account: AccountId; job: JobId; page: number };
  /** Volunteers of whom the job has a final unit, the auditor not among them. */
  makers: { job: JobId; account: AccountId };
  gpu_pairs: GpuPairTable;
  /** Who computed units of the job on what, of those that somebody else has computed too. */
  gpu_hosts: { job: JobId; bucket: Bucket; account: AccountId };
  /** Units of a pair that differed, by who did; who was proven wrong has none. */
  deviations: { account: AccountId; job: JobId; bucket: Bucket; other: Bucket; units: number };
  deviation_examples: DeviationExampleTable;
  results: ResultTable;
  failures: { job: JobId; unit: UnitIndex; at: number };
  refusals: RefusalTable;
  /** Blobs of results that lost. */
  garbage: { digest: Uint8Array };
  /** Clusters whose results the auditor looks at more often, until when. */
  watched: { cluster: string; until: number };
}

interface JobTable {
  id: ColumnType<JobId, never, never>;
  owner: number;
  owner_name: string;
  state: JobState;
  reason: string;
  manifest: string;
  plan: BlobHash;
  source: BlobHash;
  /** JSON of what the core needs. */
  spec: string;
  created_at: number;
  started_at: number | null;
  finished_at: number | null;
  /** GPU time of recorded replicas, microseconds. */
  gpu_micros: Generated<number>;
  /** JSON of what the canary found; null: it was not measured. */
  canary: string | null;
  /** Replicas whose kernel ran; of them, those that lost; those of final units; final units. */
  counted: Generated<number>;
  refused: Generated<number>;
  recorded: Generated<number>;
  final: Generated<number>;
  /** Final units that the auditor computed too. */
  audited: Generated<number>;
  /** Final units of which the auditor ran slices again, and how many slices. */
  checked: Generated<number>;
  checked_slices: Generated<number>;
  /** Whose members alone compute it; null: it is public. */
  pool: PoolId | null;
  /** How many makers it has; null: they are not counted. */
  made_by: number | null;
}

interface AccountTable {
  id: ColumnType<AccountId, never, never>;
  public_key: PublicKeyHex | null;
  credit_escrow: Generated<number>;
  credit_final: Generated<number>;
  units_submitted: Generated<number>;
  units_final: Generated<number>;
  units_refused: Generated<number>;
  gpu_micros: Generated<number>;
  /** Since it was last proven wrong; how often that was for a result that others told too; when it last was at all. */
  audits_passed: Generated<number>;
  proven_wrong: Generated<number>;
  proven_at: number | null;
  created_at: number;
  forgotten_at: number | null;
}

/** What one signature of an account covers, or will: results of one session, one after the other. */
interface StatementTable {
  id: StatementId;
  account: AccountId;
  /** Where the session's running hash began: its name. */
  session: Uint8Array;
  /** Results submitted under it, and the running hash after them. */
  results: number;
  hash: Uint8Array;
  /** When the last of them came, ms. */
  at: number;
  /** Credit of final units that waits in escrow for the signature. */
  earned: Generated<number>;
  signature: ColumnType<Uint8Array | null, never, Uint8Array>;
  signed_at: ColumnType<number | null, never, number>;
}

interface TokenTable {
  id: ColumnType<number, never, never>;
  name: string;
  admin: number;
  secret_hash: string;
  created_at: number;
  revoked_at: number | null;
}

interface SiteTable {
  id: ColumnType<SiteId, never, never>;
  origin: string;
  name: string;
  created_at: number;
  off_at: number | null;
  /** Final units that earned credit, of those who said they were its visitors, and that credit; since when they are counted. */
  units: Generated<number>;
  credit: Generated<number>;
  counted_from: number;
  /** Hour since 1970 in which they last grew, and what they were when it began. */
  hour: Generated<number>;
  units_before: Generated<number>;
  credit_before: Generated<number>;
}

interface PoolTable {
  id: ColumnType<PoolId, never, never>;
  owner: number;
  owner_name: string;
  name: string;
  created_at: number;
  off_at: number | null;
  /** Hexadecimal SHA-256 of what its link says. */
  invite_hash: string | null;
  invite_until: number | null;
  /** How many more it lets in; null: as many as come. */
  invite_uses: number | null;
}

/** Who is or was a member, and the units of the pool's jobs that it answered. */
interface MemberTable {
  pool: PoolId;
  account: AccountId;
  joined_at: number;
  left_at: number | null;
  /** What its person calls the machine; "": nothing. */
  name: Generated<string>;
  submitted: Generated<number>;
  final: Generated<number>;
  refused: Generated<number>;
}

/** A device that an account's key has joined; the account is no row of its own. */
interface DeviceTable {
  /** The device's. */
  account: AccountId;
  /** Hexadecimal. */
  account_key: PublicKeyHex;
  name: string;
  /** Of the certificate, seconds since 1970 as its signer said. */
  created: number;
  signature: Uint8Array;
  linked_at: number;
  revoked_at: ColumnType<number | null, never, number>;
  revocation_created: ColumnType<number | null, never, number>;
  revocation: ColumnType<Uint8Array | null, never, Uint8Array>;
}

/** A box on a site, and the device whose person's it is. */
interface BoxTable {
  account: AccountId;
  keeper: AccountId;
  site: string;
  kept_at: number;
  taken_back_at: ColumnType<number | null, never, number>;
}

/** What was wished of a device last. */
interface WishTable {
  device: AccountId;
  turn: number;
  paused: number;
  /** Percent. */
  share: number;
  /** Of the device that wished it, hexadecimal; null, as its signature, once that one is forgotten. */
  by_key: PublicKeyHex | null;
  signature: Uint8Array | null;
}

/** What one commit did to one page, until the page is packed (journal.ts). */
interface JournalTable {
  seq: Generated<number>;
  job: JobId;
  page: number;
  body: Uint8Array;
}

/** A page of which nothing changes any more (packed.ts). */
interface PageTable {
  job: JobId;
  page: number;
  body: Uint8Array;
}

/** Units of a job that two kinds of GPUs computed (core/portability.ts). */
interface GpuPairTable {
  job: JobId;
  bucket: Bucket;
  other: Bucket;
  /** The same bytes; others, within the tolerance, and the largest part of it that one took. */
  same: number;
  alike: number;
  taken: number;
  /** `other` was not right, and `bucket` was; the same of those who were proven wrong. */
  differed: number;
  proven: number;
  /** They differed, and there is no result. */
  undecided: number;
}

interface DeviationExampleTable {
  account: AccountId;
  job: JobId;
  bucket: Bucket;
  other: Bucket;
  unit: UnitIndex;
  /** The auditor has the unit's result too. */
  audited: number;
  /** JSON of where they differ, the value of `bucket` first. */
  difference: string;
}

/** Result bytes that are too long for a page, by digest; null: in the blob store. */
interface ResultTable {
  job: JobId;
  unit: UnitIndex;
  digest: Uint8Array;
  bytes: Uint8Array | null;
}

/** Replicas that differed from the canonical result. */
interface RefusalTable {
  seq: Generated<number>;
  job: JobId;
  unit: UnitIndex;
  account: AccountId;
  digest: Uint8Array;
  canonical: Uint8Array;
  at: number;
}
