/** What one account may ask for, over all of its connections: accounts are remembered for as long as it matters. */
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PoolId } from "../../shared/ids.ts";
import { prefixOf } from "../access/address.ts";
import type { Reply } from "../core/effects.ts";
import {
  ADDRESS_CLAIM_RATE,
  Bucket,
  BYTE_RATE,
  CLAIM_RATE,
  NEW_KEY_RATE,
  OWN_UNITS_RATE,
  type Rate,
  RENEW_RATE,
  SIGN_RATE,
} from "./limits.ts";

/** An idle answer holds no longer, so that a new job starts quickly. */
const MAX_IDLE_MS = 1000;
/** Accounts and idle answers that are remembered; the oldest is forgotten first. */
const MAX_REMEMBERED = 65_536;

type Idle = Extract<Reply, { type: "idle" }>;

/** One who lends for the public and for a pool gets other answers there. */
interface Claimant {
  account: AccountId;
  pool?: PoolId | undefined;
}

function keyOf({ account, pool }: Claimant, job: number): string {
  return `${account}:${pool ?? ""}:${job}`;
}

/** Idle answers to claims, given again until the claim may succeed. */
export class IdleAnswers {
  private readonly answers = new Map<string, { idle: Idle; until: number }>();

  /** The answer that still holds for a claim of this volunteer on `job` (0: any). */
  of(by: Claimant, job: number, now: number): Idle | null {
    const key = keyOf(by, job);
    const known = this.answers.get(key);
    if (!known) return null;
    // A clock that was set back must not hold it for longer.
    if (now < known.until && known.until - now <= MAX_IDLE_MS) return known.idle;
    this.answers.delete(key);
    return null;
  }

  keep(by: Claimant, job: number, idle: Idle, now: number): void {
    const key = keyOf(by, job);
    this.answers.delete(key);
    forgetOldest(this.answers);
    this.answers.set(key, { idle, until: now + Math.min(MAX_IDLE_MS, idle.retryMs) });
  }

  /** There is work that there was not: none of the answers holds any more. */
  clear(): void {
    this.answers.clear();
  }
}

/** Claims, renewals and releases of each account and of each address, and renewals of each assignment. */
export class ClaimPace {
  private readonly accounts = new Map<AccountId, Bucket>();
  private readonly lines = new Map<string, Bucket>();
  private readonly assignments = new Map<string, Bucket>();

  /** 0: go on; else the milliseconds to wait. `line`: null for an address that is not limited. */
  take(account: AccountId, line: string | null, now: number): number {
    const retryMs = bucketOf(this.accounts, account, CLAIM_RATE, now).take(now);
    if (retryMs > 0 || line === null) return retryMs;
    return bucketOf(this.lines, line, ADDRESS_CLAIM_RATE, now).take(now);
  }

  /** As `take`, for a renewal of the assignment with this id. */
  renew(assignment: string, account: AccountId, line: string | null, now: number): number {
    return bucketOf(this.assignments, assignment, RENEW_RATE, now).take(now) || this.take(account, line, now);
  }
}

/** Bytes of each account's frames. */
export class BytePace {
  private readonly accounts = new Map<AccountId, Bucket>();

  /** 0: go on; else the milliseconds to wait. */
  take(account: AccountId, bytes: number, now: number): number {
    return bucketOf(this.accounts, account, BYTE_RATE, now).take(now, bytes);
  }
}

/** Signatures of each account: whoever connects again gets no new burst. */
export class SignPace {
  private readonly accounts = new Map<AccountId, Bucket>();

  /** 0: go on; else the milliseconds to wait. */
  take(account: AccountId, now: number): number {
    return bucketOf(this.accounts, account, SIGN_RATE, now).take(now);
  }
}

/** New keys of each cluster: each is a row for good. */
export class NewKeyPace {
  private readonly clusters = new Map<string, Bucket>();

  /** Throws `too-fast`. `address`: one that is limited. */
  take(address: string, now: number): void {
    const retryMs = bucketOf(this.clusters, prefixOf(address), NEW_KEY_RATE, now).take(now);
    if (retryMs > 0) throw new IdlewaveError("too-fast", { limit: "new keys of this network", retrySeconds: Math.ceil(retryMs / 1000) });
  }
}

function bucketOf<Key>(buckets: Map<Key, Bucket>, key: Key, rate: Rate, now: number): Bucket {
  const known = buckets.get(key);
  if (known) return known;
  forgetOldest(buckets);
  const made = new Bucket(rate, now);
  buckets.set(key, made);
  return made;
}

/** Readings of an account's own units: one at a time, and so often. */
export class OwnUnitsPace {
  private readonly accounts = new Map<AccountId, { bucket: Bucket; reading: boolean }>();

  /** 0: go on, and `end` must follow; else the milliseconds to wait. */
  begin(account: AccountId, now: number): number {
    const known = this.accounts.get(account);
    if (known?.reading) return 1000;
    const entry = known ?? { bucket: new Bucket(OWN_UNITS_RATE, now), reading: false };
    if (!known) {
      forgetOldest(this.accounts);
      this.accounts.set(account, entry);
    }
    const retryMs = entry.bucket.take(now);
    entry.reading = retryMs === 0;
    return retryMs;
  }

  end(account: AccountId): void {
    const entry = this.accounts.get(account);
    if (entry) entry.reading = false;
  }
}

function forgetOldest<Key>(map: Map<Key, unknown>): void {
  if (map.size < MAX_REMEMBERED) return;
  const oldest = map.keys().next();
  if (!oldest.done) map.delete(oldest.value);
}
