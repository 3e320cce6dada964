/** Devices of accounts as the store has them: a part of its interface (store.ts). Linking and revoking are operations of the core. */
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
}
