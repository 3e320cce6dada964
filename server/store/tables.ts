/** The tables as kysely sees them. Digests are 32-byte blobs, times ms since 1970. */
import type { ColumnType, Generated } from "kysely";
import type { JobState } from "../../shared/api.ts";
import type { AccountId, BlobHash, JobId, PublicKeyHex, UnitIndex } from "../../shared/ids.ts";

export interface Tables {
  jobs: JobTable;
  accounts: AccountTable;
  tokens: TokenTable;
  secrets: { key: string; value: Uint8Array };
  replicas: ReplicaTable;
  results: ResultTable;
  units: UnitTable;
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
  finished_at: number | null;
  /** Replicas whose kernel ran; of them, those that lost; those of final units; final units. */
  counted: Generated<number>;
  refused: Generated<number>;
  recorded: Generated<number>;
  final: Generated<number>;
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
  created_at: number;
  forgotten_at: number | null;
}

interface TokenTable {
  id: ColumnType<number, never, never>;
  name: string;
  admin: number;
  secret_hash: string;
  created_at: number;
  revoked_at: number | null;
}

export type Outcome = "open" | "final" | "refused" | "void";

/** A replica and what became of it; the ledger: unique by (job, unit, account). */
interface ReplicaTable {
  seq: Generated<number>;
  job: JobId;
  unit: UnitIndex;
  account: AccountId;
  /** Empty once the unit has ended: it is kept no longer than it is needed. */
  cluster: string;
  assignment: string;
  digest: Uint8Array;
  status: "ok" | "failed";
  gpu_micros: number;
  credit: number;
  outcome: Outcome;
  at: number;
}

/** Result bytes by digest; null: in the blob store. */
interface ResultTable {
  job: JobId;
  unit: UnitIndex;
  digest: Uint8Array;
  bytes: Uint8Array | null;
}

/** Units that have ended; a final one's digest has its bytes in `results` by foreign key. */
interface UnitTable {
  job: JobId;
  unit: UnitIndex;
  /** null: the unit failed. */
  digest: Uint8Array | null;
  at: number;
}
