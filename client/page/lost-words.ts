/** After the graphics restarted: what that was, and the way out where the browser gives them no more. */
import { inWords } from "./numbers.ts";
import type { Words } from "./part.ts";
import type { deviceOf, Moment } from "./situation.ts";

type Device = ReturnType<typeof deviceOf>;
type Lost = Extract<Moment, { kind: "device-lost" }>;

/** What browsers do after a card was lost several times. */
const REFUSES = "The browser may refuse it for a while: then restart the browser.";

export function lostWords(device: Device, { times, final }: Lost): Words {
  return {
    headline: [`Your ${whatRestarts(device)} restarted.`],
    lead: [
      final
        ? `It did so ${times === 1 ? "once" : `${inWords(times)} times`}, so nothing is running on your ${device} now. Nothing finished was lost. ${REFUSES}`
        : "The unit it was on starts again. Nothing finished was lost.",
    ],
  };
}

/** The browser has none since. */
export function noneAfterLoss(device: Device): Words {
  return {
    headline: [`The browser gives no ${device === "processor" ? "driver" : "graphics card"} now.`],
    lead: [`Yours restarted a moment ago. ${REFUSES} Nothing finished was lost.`],
  };
}

/** Of a processor not itself, but the software by which pages compute on it. */
function whatRestarts(device: Device): string {
  return device === "processor" ? "browser's driver" : "graphics card";
}
