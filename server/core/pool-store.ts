/** Pools as the store has them: a part of its interface (store.ts). Who joins and leaves are operations of the core. */
import type { AccountId, PoolId, PublicKeyHex } from "../../shared/ids.ts";

/** Volunteers whom an owner has invited; jobs of the pool are theirs alone. */
export interface PoolRow {
  id: PoolId;
  /** Id of the owner's token. */
  owner: number;
  ownerName: string;
  name: string;
  createdAt: number;
  /** null while it is on. */
  offAt: number | null;
  /** Hexadecimal SHA-256 of what its link says; null: there is none. */
  inviteHash: string | null;
  /** Until when its link lets somebody join, ms; null: there is none. */
  inviteUntil: number | null;
  /** How many more it lets in; null: as many as come. */
  inviteUses: number | null;
}

/** `hash`: hexadecimal SHA-256 of what the link says; `until`: when it expires, ms; `uses`: how many it lets in, null for as many as come. */
export interface PoolInvite {
  hash: string;
  until: number;
  uses: number | null;
}

export interface MemberRow {
  account: AccountId;
  /** null once forgotten. */
  publicKey: PublicKeyHex | null;
  /** What its person calls the machine; "": nothing. */
  name: string;
  joinedAt: number;
  /** null while it is a member. */
  leftAt: number | null;
  /** Of the pool's jobs. */
  units: { submitted: number; final: number; refused: number };
}

export interface PoolStore {
  /** A pool with its first invitation; the core is told of it afterwards. */
  add(pool: Pick<PoolRow, "owner" | "ownerName" | "name">, invite: PoolInvite, now: number): Promise<PoolRow>;
  all(): Promise<PoolRow[]>;
  /** Replaces the pool's invitation, and switches it on again. Rejects when there is no such pool. */
  invite(pool: PoolId, invite: PoolInvite): Promise<PoolRow>;
  /** Its invitation is good no more. */
  revoke(pool: PoolId): Promise<void>;
  /** All that are or were members, the first to come first. */
  members(pool: PoolId): Promise<MemberRow[]>;
}
