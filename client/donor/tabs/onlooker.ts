/**
 * A page's eye and hand on the donor of another tab before anything is lent here: whether there is one, its state and facts,
 * another dose, Stop. It makes no worker, opens no socket and asks for no GPU.
 */

import type { Anyway } from "../manners/policy.ts";
import type { DonorFact, DonorState, Dose } from "../state.ts";
import { DONOR_LOCK } from "./lock.ts";
import { showWhenSeen } from "./sight.ts";
import { DONOR_CHANNEL, type TabsMessage } from "./tabs.ts";

export interface Overheard {
  /** Another tab's donor tells its state, or is gone. */
  onHolder(state: DonorState | null): void;
  onFact(fact: DonorFact): void;
  /** Another tab forgets the account; its donor, where there was one, is gone soon. */
  onForgotten(): void;
}

export class Onlooker {
  private readonly channel = new BroadcastChannel(DONOR_CHANNEL);
  private readonly overheard: Overheard;
  private readonly closing = new AbortController();
  private isWatching = false;

  constructor(overheard: Overheard) {
    this.overheard = overheard;
    this.channel.onmessage = (event: MessageEvent<TabsMessage>) => {
      const message = event.data;
      if (message.type === "fact") overheard.onFact(message.fact);
      if (message.type === "forget") overheard.onForgotten();
      if (message.type !== "holder") return;
      overheard.onHolder(message.state);
      if (message.isNew) this.tell({ type: "ask" });
      void this.watchForEnd();
    };
    this.tell({ type: "ask" });
  }

  /** Stops the donors of all tabs. */
  stopAll(): void {
    this.tell({ type: "stop" });
  }

  setDose(dose: Dose): void {
    this.tell({ type: "dose", dose });
  }

  /** The person moved, typed or scrolled. */
  noticeInput(): void {
    this.tell({ type: "input" });
  }

  say(anyway: Anyway): void {
    this.tell({ type: "anyway", anyway });
  }

  close(): void {
    this.closing.abort();
    this.channel.close();
  }

  /** The lock is free when its holder has ended, however that came. */
  private async watchForEnd(): Promise<void> {
    if (this.isWatching) return;
    this.isWatching = true;
    const showing = new AbortController();
    showWhenSeen(AbortSignal.any([showing.signal, this.closing.signal]));
    // Shared, so that pages that look on do not wait for each other.
    const options = { mode: "shared", signal: this.closing.signal } as const;
    const isFree = await navigator.locks.request(DONOR_LOCK, options, () => true).catch(() => false);
    this.isWatching = false;
    showing.abort();
    if (isFree && !this.closing.signal.aborted) this.overheard.onHolder(null);
  }

  private tell(message: TabsMessage): void {
    this.channel.postMessage(message);
  }
}
