/** Loaded after the click and never before it: the donor's worker, and the hand of page or widget on it. */
import { proxy, type Remote, transfer, wrap } from "comlink";
import type { DonorControl, DonorState } from "./state.ts";

export interface Donation {
  readonly control: Remote<DonorControl>;
  /** Ends the worker at once. */
  end(): void;
}

/** Makes the donor's worker; nothing runs before `control.start`. `onBroken`: the worker itself failed. */
export function openDonation(onBroken: (message: string) => void): Donation {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "idlewave donor" });
  worker.addEventListener("error", (event) => onBroken(event.message || "The worker did not load"));
  return { control: wrap<DonorControl>(worker), end: () => worker.terminate() };
}

/** Where the donor tells its state and posts its facts. */
export async function attach(donation: Donation, onState: (state: DonorState) => void, facts: MessagePort | null): Promise<void> {
  await donation.control.watch(proxy(onState));
  if (facts) await donation.control.facts(transfer(facts, [facts]));
}
