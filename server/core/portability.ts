/**
 * What the replicas of a unit that has ended say of the kinds of GPUs that computed it (shared/bucket.ts). Each is compared with
 * one reference, the unit's result, never in a chain: two that were right agree, one that was right and one that was not differ,
 * and it is the latter that does. Where a unit failed there is no reference, and nobody can say who it is.
 *
 * Who was proven wrong is a liar and no witness of its vendor: its votes are struck by then, and what it told before its store
 * takes back (store/portability.ts).
 */
import type { Bucket } from "../../shared/bucket.ts";
import type { Difference } from "../../shared/difference.ts";
import { isAlike, isUnread, partOf } from "./likeness.ts";
import type { BucketPair, Portability } from "./portability-store.ts";
import type { CoreState, OpenUnit, Replica } from "./state.ts";

type Witness = Replica & { bucket: Bucket };

/** `canonical`: the unit's digest, null where it failed. Undefined: nothing can be said. */
export function portabilityOf(state: CoreState, open: OpenUnit, canonical: string | null): Portability | undefined {
  const witnesses = open.replicas.filter((replica): replica is Witness => isWitness(open, replica));
  if (witnesses.length < 2) return undefined;
  const pairs = new Map<string, BucketPair>();
  for (const [at, one] of witnesses.entries()) {
    for (const other of witnesses.slice(at + 1)) {
      const pair = canonical === null ? undecided(open, one, other) : judged(state, open, one, other, canonical);
      if (pair) keep(pairs, pair);
    }
  }
  return { hosts: witnesses.map(({ bucket, account }) => ({ bucket, account })), pairs: [...pairs.values()] };
}

/** One vote a person, and what is not even alike to itself: that a GPU gives no finite numbers is what is looked for. */
function isWitness(open: OpenUnit, replica: Replica): boolean {
  const { bucket, status, counted, digest } = replica;
  if (bucket === undefined || status !== "ok" || isUnread(open, digest)) return false;
  return counted || isAlike(open, digest, digest) === false;
}

function judged(state: CoreState, open: OpenUnit, one: Witness, other: Witness, canonical: string): BucketPair | undefined {
  const [first, second] = [one, other].map(({ digest }) => isAlike(open, digest, canonical));
  if (first === undefined || second === undefined || !(first || second)) return undefined;
  if (first !== second) return first ? differed(state, open, one, other, canonical) : differed(state, open, other, one, canonical);
  const kinds = inOrder(one, other);
  if (one.digest === other.digest) return { ...kinds, how: "same" };
  const taken = Math.max(...[one, other].map(({ digest }) => partOf(open.distances?.get(canonical)?.get(digest))));
  return { ...kinds, how: "alike", taken };
}

function differed(state: CoreState, open: OpenUnit, right: Witness, { bucket, account, digest }: Witness, canonical: string): BucketPair {
  const proven = (state.accounts.get(account)?.record.convictedAt ?? 0) > 0;
  const difference = open.differences?.get(canonical)?.get(digest) ?? null;
  return { how: "differed", bucket: right.bucket, other: bucket, account, proven, difference };
}

function undecided(open: OpenUnit, one: Witness, other: Witness): BucketPair | undefined {
  return isAlike(open, one.digest, other.digest) === false ? { ...inOrder(one, other), how: "undecided" } : undefined;
}

function inOrder(one: Witness, other: Witness): { bucket: Bucket; other: Bucket } {
  return one.bucket <= other.bucket ? { bucket: one.bucket, other: other.bucket } : { bucket: other.bucket, other: one.bucket };
}

/** A unit counts once for two kinds that agree, the one that took most, and once for each that differed from a kind. */
function keep(pairs: Map<string, BucketPair>, pair: BucketPair): void {
  const agrees = pair.how === "same" || pair.how === "alike";
  const key = `${pair.bucket} ${pair.other} ${agrees ? "agreed" : pair.how === "differed" ? pair.account : "undecided"}`;
  const known = pairs.get(key);
  if (known && !(pair.how === "alike" && (known.how !== "alike" || known.taken < pair.taken))) return;
  pairs.set(key, pair);
}

/** Where the results of volunteers differ, for the report: nothing is decided by it. `one` and `other` are digests of an open unit. */
export function noteDifference(open: OpenUnit, one: string, other: string, difference: Difference): void {
  open.differences ??= new Map();
  for (const [from, to, told] of [[one, other, difference] as const, [other, one, swapped(difference)] as const]) {
    const known = open.differences.get(from) ?? new Map<string, Difference>();
    open.differences.set(from, known.set(to, told));
  }
}

function swapped(difference: Difference): Difference {
  const { element } = difference;
  return element ? { ...difference, element: { ...element, mine: element.theirs, theirs: element.mine } } : difference;
}
