/** Another tab's donor, as a page that lends nothing shows it and may tell it something. */

import type { DonorState } from "../donor/state.ts";
import { Onlooker } from "../donor/tabs/onlooker.ts";

export interface BesideOptions {
  /** A port for the donor's facts, null when nothing can be drawn. */
  openFacts(): MessagePort | null;
  onState(state: DonorState): void;
  /** It is gone. `wasStopped`: by this page. */
  onEnd(wasStopped: boolean): void;
}

export class Beside {
  private readonly options: BesideOptions;
  private onlooker: Onlooker | null = null;
  private isStopping = false;

  constructor(options: BesideOptions) {
    this.options = options;
  }

  /** Looks for one from now on. */
  look(): void {
    this.close();
    let facts: MessagePort | null = null;
    this.onlooker = new Onlooker({
      onHolder: (state) => this.hear(state),
      onFact: (fact) => {
        facts ??= this.options.openFacts();
        facts?.postMessage(fact);
      },
    });
  }

  close(): void {
    this.onlooker?.close();
    this.onlooker = null;
    this.isStopping = false;
  }

  /** Stops the donors of all tabs. */
  stop(): void {
    this.isStopping = true;
    this.onlooker?.stopAll();
  }

  /** What may be told something while there is one. */
  get hand(): Onlooker | null {
    return this.onlooker;
  }

  private hear(state: DonorState | null): void {
    if (state) this.options.onState(state);
    else {
      const wasStopped = this.isStopping;
      this.isStopping = false;
      this.options.onEnd(wasStopped);
    }
  }
}
