/**
 * What donors of one browser tell each other. The one that holds the lock tells its state, and its facts once somebody asked;
 * the others show them. What the person does in any tab is done in all: another dose, other wishes, a move of the pointer, Stop. One that is
 * about to forget the account says so, and each other ends its run and its wait for the lock.
 */
import type { Anyway } from "../manners/policy.ts";
import type { Wishes } from "../manners/wishes.ts";
import type { DonorFact, DonorState, Dose } from "../state.ts";

export const DONOR_CHANNEL = "idlewave-donor";

export type TabsMessage =
  | { type: "ask" }
  /** `isNew`: it was told by no state before, so whoever shows it asks for its facts. */
  | { type: "holder"; state: DonorState; isNew: boolean }
  | { type: "fact"; fact: DonorFact }
  | { type: "dose"; dose: Dose }
  /** From the page that they were chosen on. */
  | { type: "wishes"; wishes: Wishes }
  | { type: "anyway"; anyway: Anyway }
  | { type: "input" }
  | { type: "stop" }
  | { type: "forget" };

export interface TabsListener {
  /** Another tab wants to show what this one, the holder of the lock, does. */
  onAsk(): void;
  /** Another tab's donor has the lock, and tells its state; `isNew`: for the first time. */
  onHolder(state: DonorState, isNew: boolean): void;
  /** A fact of the holder's. */
  onFact(fact: DonorFact): void;
  onDose(dose: Dose): void;
  onWishes(wishes: Wishes): void;
  onAnyway(anyway: Anyway): void;
  onInput(): void;
  /** Stop was pressed in another tab. */
  onStop(): void;
  /** Another tab forgets the account: its key must not be used any more. */
  onForget(): void;
}

export class Tabs {
  private readonly channel = new BroadcastChannel(DONOR_CHANNEL);
  /** What this donor told as the holder of the lock, undefined while it has none. */
  private told: DonorState | undefined;
  /** Some tab asked, so facts are worth passing on. */
  private isShown = false;

  constructor(listener: TabsListener) {
    this.channel.onmessage = (event: MessageEvent<TabsMessage>) => {
      const message = event.data;
      switch (message.type) {
        case "ask":
          this.isShown = true;
          if (!this.told) return;
          this.say({ type: "holder", state: this.told, isNew: false });
          listener.onAsk();
          return;
        case "holder":
          listener.onHolder(message.state, message.isNew);
          return;
        case "fact":
          listener.onFact(message.fact);
          return;
        case "dose":
          this.retold(message.dose);
          listener.onDose(message.dose);
          return;
        case "wishes":
          listener.onWishes(message.wishes);
          return;
        case "anyway":
          listener.onAnyway(message.anyway);
          return;
        case "input":
          listener.onInput();
          return;
        case "stop":
          listener.onStop();
          return;
        case "forget":
          listener.onForget();
          return;
        default:
          message satisfies never; // a page of another version: it is not understood, and nothing follows from it
      }
    };
  }

  /** Who has the lock, and what does it do? */
  ask(): void {
    this.say({ type: "ask" });
  }

  /** This donor has the lock, and this is its state. */
  hold(state: DonorState): void {
    const isNew = this.told === undefined;
    this.told = state;
    this.say({ type: "holder", state, isNew });
  }

  /** This donor has the lock no longer. */
  letGo(): void {
    this.told = undefined;
  }

  /** A fact of this donor's, for the tabs that show it. */
  fact(fact: DonorFact): void {
    if (this.told && this.isShown) this.say({ type: "fact", fact });
  }

  dose(dose: Dose): void {
    this.retold(dose);
    this.say({ type: "dose", dose });
  }

  anyway(anyway: Anyway): void {
    this.say({ type: "anyway", anyway });
  }

  input(): void {
    this.say({ type: "input" });
  }

  stop(): void {
    this.say({ type: "stop" });
  }

  forget(): void {
    this.say({ type: "forget" });
  }

  /** Who asks right after another dose was chosen is not told of the last one. */
  private retold(dose: Dose): void {
    if (this.told) this.told = { ...this.told, dose };
  }

  private say(message: TabsMessage): void {
    this.channel.postMessage(message);
  }
}
