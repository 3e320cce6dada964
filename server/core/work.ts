import type { AccountId } from "../../shared/ids.ts";
import type { Effect, Reply } from "./effects.ts";
import type { Job } from "./state.ts";
import type { StoreOp } from "./store.ts";

/** What one step has done so far: its effects, in order. */
export class Work {
  readonly now: number;
  readonly effects: Effect[] = [];
  /** Jobs of which a unit has ended. */
  readonly endedIn = new Set<Job>();
  private readonly changed = new Set<AccountId>();

  constructor(now: number) {
    this.now = now;
  }

  store(op: StoreOp): void {
    this.effects.push({ type: "store", op });
  }

  tell(effect: Exclude<Effect, { type: "store" | "reply" }>): void {
    this.effects.push(effect);
  }

  accountChanged(account: AccountId): void {
    if (this.changed.has(account)) return;
    this.changed.add(account);
    this.effects.push({ type: "account-changed", account });
  }

  reply(reply: Reply): void {
    this.effects.push({ type: "reply", reply });
  }
}
