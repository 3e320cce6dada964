/** Loaded after a yes and never before it: the donor, as the widget's frame uses it. */

import type { BoxWord } from "../../shared/account/box.ts";
import { Donation } from "../donation/donation.ts";
import type { DonorFact, DonorState, Dose } from "../donor/state.ts";
import { Wave, type WavePalette } from "../wave/wave.ts";

/** How the worker failed: its script did not come, or it was at work and is gone. */
export type Breach = "not-loaded" | "broken-off";

export interface LendingOptions {
  /** Origin of the site that shows the frame. */
  site: string;
  dose: Dose;
  /** Where the wave is drawn, and its size in CSS pixels. */
  wave: HTMLCanvasElement;
  palette: WavePalette;
  onState(state: DonorState): void;
  onFact(fact: DonorFact): void;
  /** Nothing runs any more; the next `go` makes another worker. */
  onBroken(breach: Breach): void;
}

/** One frame's lending. Calls follow each other: a pause waits for the start before it. */
export class Lending {
  private readonly options: LendingOptions;
  private readonly wave: Wave;
  private donation: Donation | null = null;
  private isAttached = false;
  /** A start that waits for its worker is none after a pause. */
  private isWanted = false;
  private dose: Dose;
  private turn: Promise<void> = Promise.resolve();

  constructor(options: LendingOptions) {
    this.options = options;
    this.dose = options.dose;
    this.wave = new Wave(options.wave.transferControlToOffscreen());
    this.dress(options.palette);
    // Behind a badge it has no room until the card is opened.
    new ResizeObserver(() => this.fit(options.wave)).observe(options.wave);
    this.fit(options.wave);
    this.wave.setDose(this.dose);
  }

  /** `job`: the one that the visitor was asked for, and said yes to at `agreedAt`, milliseconds since 1970. */
  go(job: number, agreedAt: number): Promise<void> {
    this.isWanted = true;
    return this.after(async () => {
      const donation = this.donation ?? (await this.open());
      if (!this.isWanted) return;
      this.wave.setLending(true);
      await donation.begin({ origin: location.origin, dose: this.dose, job, agreedAt, site: this.options.site });
    });
  }

  /** Nothing is on the GPU when it resolves, of this frame alone; what is finished is kept and sent. */
  pause(): Promise<void> {
    return this.rest((donation) => donation.control.pause());
  }

  /** The same for every frame and tab that lends under this key. */
  stop(): Promise<void> {
    return this.rest((donation) => donation.control.stop());
  }

  /** Stops every frame and tab that lends under this key, and ends the key, what it kept and its account. Rejects when it cannot; while a worker breaks it never settles. */
  forget(): Promise<void> {
    this.isWanted = false;
    const forgotten = this.turn.then(async () => {
      this.wave.setLending(false);
      const donation = this.donation ?? (await this.open());
      donation.rest();
      await donation.control.forget();
    });
    this.turn = forgotten.catch(() => undefined); // told to whoever asked for it
    return forgotten;
  }

  /** This box's word for the device of that key, that its person may end the yes here. */
  async vouchFor(keeper: Uint8Array): Promise<BoxWord | undefined> {
    return await this.donation?.control.vouchFor(keeper, this.options.site);
  }

  dress(palette: WavePalette): void {
    this.wave.dress(palette, matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  setDose(dose: Dose): void {
    this.dose = dose;
    this.wave.setDose(dose);
    void this.donation?.control.setDose(dose);
  }

  private fit({ clientWidth, clientHeight }: HTMLCanvasElement): void {
    if (clientWidth > 0) this.wave.setRoom(clientWidth, clientHeight, devicePixelRatio);
  }

  private async open(): Promise<Donation> {
    const donation = new Donation(() => this.break(), false);
    this.donation = donation;
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }: MessageEvent<DonorFact>) => {
      this.options.onFact(data);
      if (data.type === "share") this.wave.takeShare(data.gpuMillis, data.wallMillis, data.at);
    };
    await donation.attach(this.options.onState, port2);
    this.isAttached = true;
    return donation;
  }

  private rest(how: (donation: Donation) => Promise<void>): Promise<void> {
    this.isWanted = false;
    return this.after(async () => {
      this.wave.setLending(false);
      this.donation?.rest();
      if (this.donation) await how(this.donation);
    });
  }

  private after(act: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(act).catch(() => this.break());
    return this.turn;
  }

  private break(): void {
    const breach = this.isAttached ? "broken-off" : "not-loaded";
    this.donation?.end();
    this.donation = null;
    this.isAttached = false;
    this.isWanted = false;
    this.wave.setLending(false);
    // A worker that is gone answers nobody: what waits for it waits for ever.
    this.turn = Promise.resolve();
    this.options.onBroken(breach);
  }
}
