/** Account notices: what changed is gathered and told to the account's sockets once a second. */
import type { AccountId, JobId } from "../../shared/ids.ts";
import { type AccountNotice, SocketEvent } from "../../shared/protocol.ts";
import type { Coordinator, Notice } from "../coordinator.ts";
import type { Totals } from "../core/device-store.ts";
import type { Store } from "../core/store.ts";

const NOTICE_MS = 1_000;
/** Changes of one notice; a client that misses some asks for its units. */
const MAX_CHANGES = 4096;

interface Listener {
  emit(event: string, ...args: unknown[]): unknown;
  /** Hangs up. */
  disconnect(close: true): unknown;
}
type Change = AccountNotice["changes"][number];

/** Whose connections are told what of an account. */
export interface Accounts {
  /** What the account has that this is a device of; undefined: it was forgotten. */
  totals(account: AccountId): Promise<Totals | undefined>;
  /** All devices of the account that this one is of, itself among them. */
  devicesOf(account: AccountId): AccountId[];
}

export function accountsOf({ coordinator, store }: { coordinator: Pick<Coordinator, "device" | "devicesOf">; store: Store }): Accounts {
  return {
    devicesOf: (account) => coordinator.devicesOf(account),
    async totals(account) {
      const device = coordinator.device(account);
      return await (device ? store.devices.totals(device.accountKey) : store.account(account));
    },
  };
}

export class Notices {
  private readonly of: Accounts;
  private readonly onFailure: (error: unknown) => void;
  private readonly listeners = new Map<AccountId, Set<Listener>>();
  private readonly pending = new Map<AccountId, Change[]>();
  private timer: NodeJS.Timeout | null = null;

  constructor(of: Accounts, onFailure: (error: unknown) => void) {
    this.of = of;
    this.onFailure = onFailure;
  }

  /** Accounts with a connection now. */
  get accounts(): number {
    return this.listeners.size;
  }

  /** Connections of the account now. */
  linesOf(account: AccountId): number {
    return this.listeners.get(account)?.size ?? 0;
  }

  join(account: AccountId, listener: Listener): void {
    const set = this.listeners.get(account);
    if (set) set.add(listener);
    else this.listeners.set(account, new Set([listener]));
  }

  leave(account: AccountId, listener: Listener): void {
    const set = this.listeners.get(account);
    set?.delete(listener);
    if (set?.size === 0) {
      this.listeners.delete(account);
      this.pending.delete(account);
    }
  }

  /** To all connections of the account, at once. */
  send(account: AccountId, event: string, message: object): void {
    for (const listener of this.listeners.get(account) ?? []) listener.emit(event, message);
  }

  /** Ends all connections of the account. */
  disconnect(account: AccountId): void {
    for (const listener of [...(this.listeners.get(account) ?? [])]) listener.disconnect(true);
  }

  tell(effect: Notice): void {
    if (effect.type === "job-withdrawn") this.withdraw(effect.job);
    if (effect.type === "account-changed") this.note(effect.account);
    if (effect.type !== "unit-final") return;
    const { job, unit } = effect;
    for (const account of effect.accounts) this.note(account, { job, unit, state: "final" });
    for (const account of effect.refused) this.note(account, { job, unit, state: "refused" });
  }

  close(): void {
    if (this.timer) clearTimeout(this.timer);
    this.listeners.clear();
    this.pending.clear();
  }

  private withdraw(job: JobId): void {
    for (const set of this.listeners.values()) for (const listener of set) listener.emit(SocketEvent.Withdraw, { job });
  }

  private note(account: AccountId, change?: Change): void {
    if (this.listeners.size === 0) return;
    // What one of them has all have; its units are its own.
    for (const device of this.of.devicesOf(account)) this.noteDevice(device, device === account ? change : undefined);
  }

  private noteDevice(account: AccountId, change: Change | undefined): void {
    if (!this.listeners.has(account)) return;
    let changes = this.pending.get(account);
    if (!changes) {
      changes = [];
      this.pending.set(account, changes);
    }
    if (change && changes.length < MAX_CHANGES) changes.push(change);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flush().catch(this.onFailure);
    }, NOTICE_MS);
  }

  private async flush(): Promise<void> {
    const due = [...this.pending];
    this.pending.clear();
    for (const [account, changes] of due) {
      const totals = await this.of.totals(account);
      if (!totals) continue;
      const notice = noticeOf(totals, changes);
      for (const listener of this.listeners.get(account) ?? []) listener.emit(SocketEvent.Account, notice);
    }
  }
}

export function noticeOf(row: Totals, changes: Change[]): AccountNotice {
  return {
    credit: { escrow: row.creditEscrow, final: row.creditFinal },
    units: { submitted: row.unitsSubmitted, final: row.unitsFinal, refused: row.unitsRefused },
    gpuMicros: row.gpuMicros,
    changes,
  };
}
