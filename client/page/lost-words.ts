/** After the graphics restarted: what that was, and the way out where the browser gives them no more. */
import type { Words } from "./part.ts";
import type { deviceOf, Moment } from "./situation.ts";

type Device = ReturnType<typeof deviceOf>;
type Lost = Extract<Moment, { kind: "device-lost" }>;

/** Chromium gives pages no adapter for two minutes after a second loss, and none until it is started again after more. */
const HELD_BACK = "for some minutes, sometimes until the browser itself is restarted";

export function lostWords(device: Device, { times, final }: Lost): Words {
  return { headline: [`Your ${whatRestarts(device)} restarted.`], lead: [`${thenWords(device, times, final)} Nothing finished was lost.`] };
}

function thenWords(device: Device, times: number, final: boolean): string {
  if (final) return `Nothing is running on your ${device} now. Browsers may hold it back after restarts, ${HELD_BACK}.`;
  if (times > 1) return "It did so before, so the browser may hold it back for some minutes. The unit it was on starts again by itself.";
  return "The unit it was on starts again.";
}

/** The browser has none since. */
export function noneAfterLoss(device: Device): Words {
  return {
    headline: [`Your ${device} is held back.`],
    lead: [`Your ${whatRestarts(device)} restarted, and browsers may keep it from pages then, ${HELD_BACK}. Nothing finished was lost.`],
  };
}

/** Of a processor not itself, but the software by which pages compute on it. */
function whatRestarts(device: Device): string {
  return device === "processor" ? "browser's driver" : "graphics card";
}
