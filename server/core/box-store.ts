/** Boxes on sites as the store has them, and who may end the yes of each: a part of its interface (store.ts). */
import type { AccountId } from "../../shared/ids.ts";

export interface BoxRow {
  account: AccountId;
  /** The device whose person it is. */
  keeper: AccountId;
  site: string;
  keptAt: number;
}

/** Each is on disk when it resolves. */
export interface BoxStore {
  /** Kept by another one before, it is this one's from now on. */
  keep(row: BoxRow): Promise<void>;
  keptBy(keepers: readonly AccountId[]): Promise<BoxRow[]>;
  /** Each yes until now is none. Answers which boxes they are. */
  takeBack(keepers: readonly AccountId[], now: number): Promise<AccountId[]>;
  /** When its yes was last taken back, ms; null: never, or nobody keeps it. */
  takenBackAt(account: AccountId): Promise<number | null>;
}
