/** Runs in Chromium, on the coordinator's origin: the donor's worker and nothing else of the page. */
import { proxy, transfer, wrap } from "comlink";
import type { DonorControl, DonorFact, DonorState } from "../../client/donor/state.ts";
import { Onlooker } from "../../client/donor/tabs/onlooker.ts";

const states: DonorState[] = [];
const facts: DonorFact[] = [];
const overheard: DonorFact[] = [];

async function openDonor(workerScript: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([workerScript], { type: "text/javascript" }));
  const control = wrap<DonorControl>(new Worker(url, { type: "module" }));
  await control.watch(proxy((state: DonorState) => void states.push(state)));
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }: MessageEvent<DonorFact>) => void facts.push(data);
  await control.facts(transfer(port2, [port2]));
  Object.assign(globalThis, { control, states, facts });
}

/** As a page beside it does before its own first click. */
function lookOn(): void {
  new Onlooker({ onHolder: () => undefined, onFact: (fact) => void overheard.push(fact), onForgotten: () => undefined });
}

Object.assign(globalThis, { openDonor, lookOn, overheard });
