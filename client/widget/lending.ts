/** Loaded after a yes and never before it: the donor, as the widget's frame uses it. */

import { messageOf } from "../../shared/thrown.ts";
import { Donation } from "../donation/donation.ts";
import type { DonorFact, DonorState, Dose } from "../donor/state.ts";
import { Wave, type WavePalette } from "../wave/wave.ts";

export interface LendingOptions {
  /** The one that the visitor was asked for. */
  job: number;
  dose: Dose;
  /** Where the wave is drawn, and its size in CSS pixels. */
  wave: HTMLCanvasElement;
  palette: WavePalette;
  onState(state: DonorState): void;
  /** The worker itself failed. */
  onBroken(message: string): void;
}

/** One frame's lending. Calls follow each other: a pause waits for the start before it. */
export class Lending {
  private readonly options: LendingOptions;
  private donation: Donation | null = null;
  private dose: Dose;
  private turn: Promise<void> = Promise.resolve();
  private readonly wave: Wave;

  constructor(options: LendingOptions) {
    this.options = options;
    this.dose = options.dose;
    const { clientWidth, clientHeight } = options.wave;
    this.wave = new Wave(options.wave.transferControlToOffscreen());
    this.dress(options.palette);
    this.wave.setRoom(clientWidth, clientHeight, devicePixelRatio);
    this.wave.setDose(this.dose);
  }

  go(): Promise<void> {
    return this.after(async () => {
      const { job, onState, onBroken } = this.options;
      if (!this.donation) {
        this.donation = new Donation(onBroken, false);
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }: MessageEvent<DonorFact>) => {
          if (data.type === "share") this.wave.takeShare(data.gpuMillis, data.wallMillis);
        };
        await this.donation.attach(onState, port2);
      }
      this.wave.setLending(true);
      await this.donation.begin({ origin: location.origin, dose: this.dose, job });
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

  dress(palette: WavePalette): void {
    this.wave.dress(palette, matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  setDose(dose: Dose): void {
    this.dose = dose;
    this.wave.setDose(dose);
    void this.donation?.control.setDose(dose);
  }

  private rest(how: (donation: Donation) => Promise<void>): Promise<void> {
    return this.after(async () => {
      this.wave.setLending(false);
      this.donation?.rest();
      if (this.donation) await how(this.donation);
    });
  }

  private after(act: () => Promise<void>): Promise<void> {
    this.turn = this.turn.then(act).catch((error: unknown) => {
      this.options.onBroken(messageOf(error));
    });
    return this.turn;
  }
}
