/** Energy, estimated: nothing in a browser measures it. GPU time by the power that devices of its kind take when they are busy. */
import { duration, roughly } from "../numbers.ts";

/** Watts, busy against idle. Whole classes span a factor of three either way, so one digit is all that is told. */
const WATTS = { builtIn: 15, own: 150, processor: 30 } as const;
const SECONDS_AN_HOUR = 3_600;

/** Makers of graphics that share a chip with the processor. */
const BUILT_IN = /^(intel|apple|arm|qualcomm|img-tec|samsung|broadcom)\b/;
/** Intel's cards of their own. */
const INTEL_CARD = /^intel xe-\d*hpg/;
const OWN = /^nvidia\b/;

export interface Spent {
  gpuSeconds: number;
  /** Maker and family, as the adapter tells them. */
  adapter: string;
  software: boolean;
}

/** A sentence that names its basis. */
export function energyWords(spent: Spent): string {
  const { gpuSeconds, adapter, software } = spent;
  const of = (watts: number) => roughly((watts * gpuSeconds) / SECONDS_AN_HOUR);
  const time = duration(gpuSeconds);
  if (software) return told(of(WATTS.processor), `${time} of processor time at ${WATTS.processor} watts`);
  const isOwn = OWN.test(adapter) || INTEL_CARD.test(adapter);
  if (isOwn) return told(of(WATTS.own), `${time} of GPU time at ${WATTS.own} watts, as a graphics card of its own takes`);
  if (BUILT_IN.test(adapter))
    return told(of(WATTS.builtIn), `${time} of GPU time at ${WATTS.builtIn} watts, as graphics built into a processor take`);
  const kinds = `${WATTS.builtIn} watts, as graphics built into a processor take, or ${WATTS.own}, as a card of its own does`;
  return told(`${of(WATTS.builtIn)} to ${of(WATTS.own)}`, `${time} of GPU time at ${kinds}`);
}

function told(wattHours: string, basis: string): string {
  return `About ${wattHours} watt-hours so far. It is an estimate: ${basis}. Nothing here measures it.`;
}
