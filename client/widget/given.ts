/** What the visitor gave since the page was opened, over pauses, Stop and each start anew. */
import type { DonorState } from "../donor/state.ts";

export class Given {
  units = 0;
  verified = 0;
  /** The account's figures when they were first told. */
  private first: { publicKey: string; submitted: number; final: number } | null = null;

  take({ publicKey, own, units }: Pick<DonorState, "publicKey" | "own" | "units">): void {
    // Before the coordinator told of the account its figures are zero.
    if (!own) return;
    const { submitted, final } = units;
    // Who was forgotten is somebody new.
    if (this.first?.publicKey !== publicKey) this.first = { publicKey, submitted, final };
    this.units = submitted - this.first.submitted;
    this.verified = final - this.first.final;
  }
}
