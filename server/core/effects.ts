/** What the core wants done: plain data. Replies are released when the store operations beside them are durable. */

import type { ErrorCode, ErrorDetails } from "../../shared/errors.ts";
import type { AccountId, JobId, PoolId, UnitIndex } from "../../shared/ids.ts";
import type { IdleReason, Verdict } from "../../shared/wire.ts";
import type { Assignment, TaskCheck } from "./events.ts";
import type { ToCompare } from "./likeness.ts";
import type { StoreOp } from "./store.ts";

/** The answer to the event; at most one a step. */
export type Reply =
  | { type: "assigned"; assignment: Assignment; lifeMs: number }
  | { type: "idle"; reason: IdleReason; retryMs: number }
  | { type: "verdicts"; verdicts: Verdict[] }
  | { type: "done" }
  /** What the auditor is to measure; null: nothing. */
  | { type: "canary"; run: { job: JobId; id: string; limitMs: number } | null }
  /** Units whose slices the auditor is to run again, or over whose results the job's checker; null: none. */
  | { type: "check"; task: DrawnTask | null }
  | { type: "error"; code: ErrorCode; details: ErrorDetails };

interface DrawnTask {
  job: JobId;
  id: string;
  how: TaskCheck["how"];
  limitMs: number;
  units: { unit: UnitIndex; slices: number[] }[];
}

export type Effect =
  | { type: "store"; op: StoreOp }
  | { type: "reply"; reply: Reply }
  /** Told to the account's sockets, at most once a second (the shell merges them). */
  | { type: "unit-final"; job: JobId; unit: UnitIndex; accounts: AccountId[]; refused: AccountId[] }
  | { type: "account-changed"; account: AccountId }
  /** Once their bytes are on disk these results are to be compared; the answer is the event "compared". */
  | ({ type: "compare" } & ToCompare)
  | { type: "job-changed"; job: JobId }
  /** Told to everybody who is connected and may know of the job, at once: what they hold of the job is not to be computed. */
  | { type: "job-withdrawn"; job: JobId }
  /** Who serves the pool under this account is no member any more; null: nobody is. */
  | { type: "pool-left"; pool: PoolId; account: AccountId | null };
