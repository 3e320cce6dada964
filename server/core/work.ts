import type { AccountId } from "../../shared/ids.ts";
import type { Effect, Reply } from "./effects.ts";
import { Random } from "./random.ts";
import type { Job } from "./state.ts";
import type { StoreOp } from "./store.ts";

const MILLION = 1_000_000;

/** What one step has done so far: its effects, in order. */
export class Work {
  readonly now: number;
  readonly effects: Effect[] = [];
  /** Jobs of which a unit has ended. */
  readonly endedIn = new Set<Job>();
  /** Accounts that have now shown enough, and those that were proven wrong: their clusters, and whether others told the same. */
  readonly vetted = new Set<AccountId>();
  readonly proven = new Map<AccountId, { cluster: string; alike: boolean }>();
  private readonly changed = new Set<AccountId>();
  private readonly draw: string | undefined;
  private random: Random | undefined;

  /** `draw`: 16 random bytes, hexadecimal, which nobody knew before; undefined where nothing can be drawn. */
  constructor(now: number, draw: string | undefined) {
    this.now = now;
    this.draw = draw;
  }

  /** True with this probability, to a millionth. */
  isDrawn(probability: number): boolean {
    if (this.draw === undefined) throw new Error("this event draws nothing");
    this.random ??= new Random(this.draw);
    return this.random.below(MILLION) < probability * MILLION;
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
