/** What connections of joined devices say that they lend now, for the other devices of their account; gone with the connection. */
import type { AccountId } from "../../shared/ids.ts";

export class Lent {
  private readonly shares = new Map<AccountId, Map<object, number>>();

  /** `share`: percent, 0 while nothing may run. */
  tell(account: AccountId, line: object, share: number): void {
    const lines = this.shares.get(account);
    if (lines) lines.set(line, share);
    else this.shares.set(account, new Map([[line, share]]));
  }

  leave(account: AccountId, line: object): void {
    const lines = this.shares.get(account);
    lines?.delete(line);
    if (lines?.size === 0) this.shares.delete(account);
  }

  /** The most that one of its connections lends; null: none says. */
  of(account: AccountId): number | null {
    const lines = this.shares.get(account);
    return lines ? Math.max(...lines.values()) : null;
  }
}
