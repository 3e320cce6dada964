/** Runs in Chromium, on the coordinator's origin: the donor's worker and nothing else of the page. */
import { proxy, wrap } from "comlink";
import type { DonorControl, DonorState } from "../../client/donor/state.ts";

const states: DonorState[] = [];

async function openDonor(workerScript: string): Promise<void> {
  const url = URL.createObjectURL(new Blob([workerScript], { type: "text/javascript" }));
  const control = wrap<DonorControl>(new Worker(url, { type: "module" }));
  await control.watch(proxy((state: DonorState) => void states.push(state)));
  Object.assign(globalThis, { control, states });
}

Object.assign(globalThis, { openDonor });
