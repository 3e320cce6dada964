/** Devices of accounts as the store has them: a part of its interface (store.ts). Linking and revoking are operations of the core. */
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import type { AccountId, PublicKeyHex } from "../../shared/ids.ts";
import type { AuditRecord } from "./events.ts";
import type { AccountRow } from "./store.ts";

export interface DeviceRow {
  account: AccountId;
  /** The device's own. */
  publicKey: PublicKeyHex;
  accountKey: PublicKeyHex;
  name: string;
  linkedAt: number;
  /** null while it is a device of the account. */
  revokedAt: number | null;
}

/** `by`: the device that signed it. */
export interface SignedWish extends RemoteWish {
  by: PublicKeyHex;
  signature: Uint8Array;
}

/** What an account has. */
export type Totals = Pick<AccountRow, "creditEscrow" | "creditFinal" | "unitsSubmitted" | "unitsFinal" | "unitsRefused" | "gpuMicros">;

export interface DeviceStore {
  all(): Promise<DeviceRow[]>;
  /** Those of one account, the first to come first. */
  of(accountKey: PublicKeyHex): Promise<DeviceRow[]>;
  /** What they have together. */
  totals(accountKey: PublicKeyHex): Promise<Totals>;
  /** How often they were proven wrong together, and when one of them last was. */
  record(accountKey: PublicKeyHex): Promise<Omit<AuditRecord, "passed">>;
  /** What was wished of each device last; of whom nothing was, none. */
  wishesOf(devices: readonly AccountId[]): Promise<Map<AccountId, RemoteWish>>;
  /** On disk when it resolves. False, and nothing is done, unless it is the one after the last, or the last again. */
  wish(device: AccountId, wish: SignedWish): Promise<boolean>;
}
