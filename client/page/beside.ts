/**
 * Another tab's donor, as a page that lends nothing shows it and may tell it something.
 *
 *   none ─it tells its state─▶ there ─Stop here─▶ stopping ─gone─▶ none
 *                                └─its account is forgotten─▶ leaving ─gone─▶ none
 */

import type { DonorFact, DonorState } from "../donor/state.ts";
import { Onlooker } from "../donor/tabs/onlooker.ts";

/** What lends, as far as it may be told something. */
export type Hand = Pick<Onlooker, "setDose" | "noticeInput" | "say">;

export interface BesideOptions {
  /** A port for the donor's facts, null when nothing can be drawn. */
  openFacts(): MessagePort | null;
  onState(state: DonorState): void;
  /** It is gone. `wasStopped`: by this page. */
  onEnd(wasStopped: boolean): void;
  /** Another tab forgets the account: nothing that was told of it is true any more. */
  onForgotten(): void;
}

export class Beside {
  private readonly options: BesideOptions;
  private onlooker: Onlooker | null = null;
  private stage: "none" | "there" | "stopping" | "leaving" = "none";
  /** Of the account that is shown, and of the one that was forgotten: what is heard of that one is late. */
  private key = "";
  private forgotten = "";

  constructor(options: BesideOptions) {
    this.options = options;
  }

  /** Looks for one from now on. */
  look(): void {
    this.close();
    let facts: MessagePort | null = null;
    const draw = (fact: DonorFact) => {
      facts ??= this.options.openFacts();
      facts?.postMessage(fact);
    };
    this.onlooker = new Onlooker({
      onHolder: (state) => this.hear(state),
      onFact: (fact) => {
        if (this.stage !== "leaving") draw(fact);
      },
      onForgotten: () => {
        if (this.stage !== "none") this.stage = "leaving";
        if (this.key !== "") this.forgotten = this.key;
        // The squares of earlier visits too, which no donor here told of.
        draw({ type: "forgotten" });
        this.options.onForgotten();
      },
    });
  }

  close(): void {
    this.onlooker?.close();
    this.onlooker = null;
    this.stage = "none";
  }

  /** Stops the donors of all tabs. */
  stop(): void {
    this.stage = "stopping";
    this.onlooker?.stopAll();
  }

  /** What may be told something while there is one. */
  get hand(): Hand | null {
    return this.onlooker;
  }

  private hear(state: DonorState | null): void {
    const { stage } = this;
    if (!state) {
      this.stage = "none";
      this.options.onEnd(stage === "stopping");
    } else if (stage !== "leaving" && (state.publicKey === "" || state.publicKey !== this.forgotten)) {
      this.key = state.publicKey;
      if (stage === "none") this.stage = "there";
      this.options.onState(state);
    }
  }
}
