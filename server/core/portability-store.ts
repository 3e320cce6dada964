/** What is counted of the kinds of GPUs that computed a job: what the core says of a unit, and what the store tells of them. */
import type { Bucket } from "../../shared/bucket.ts";
import type { Difference } from "../../shared/difference.ts";
import type { AccountId, UnitIndex } from "../../shared/ids.ts";

export interface Portability {
  /** Who computed it on what. */
  hosts: { bucket: Bucket; account: AccountId }[];
  pairs: BucketPair[];
}

/** One unit of two kinds of GPUs, which may be the same. Of pairs that name no reference the first in order comes first. */
export type BucketPair = { bucket: Bucket; other: Bucket } & (
  | { how: "same" | "undecided" }
  /** `taken`: the larger part of the tolerance that one of the two is from the unit's result, 0 to 1. */
  | { how: "alike"; taken: number }
  /** `bucket` gave the unit's result, or one like it; `account`, on `other`, did not. */
  | { how: "differed"; account: AccountId; proven: boolean; difference: Difference | null }
);

/** What is counted of the kinds of GPUs that computed a job's units, for its report. */
export interface PortabilityRows {
  pairs: PortabilityRow[];
  /** By kind, as far as they are counted. */
  hosts: ReadonlyMap<Bucket, number>;
  /** Of kinds with few hosts, who they are: told to nobody, counted together. */
  few: { bucket: Bucket; account: AccountId }[];
}

/** Units that both computed; those that differed have `bucket` on the right side. */
export interface PortabilityRow {
  bucket: Bucket;
  other: Bucket;
  same: number;
  alike: number;
  taken: number;
  differed: number;
  proven: number;
  undecided: number;
  /** Volunteers who differed, but for those who were proven wrong. */
  deviants: number;
  examples: { unit: UnitIndex; audited: boolean; difference: Difference }[];
}
