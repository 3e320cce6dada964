/** The words before the first click: how much is missing, and what the visitor has here already. */
import type { JobStatus } from "../../shared/api.ts";
import { waitsFor } from "../../shared/waits-for.ts";
import { count, grouped, raised, units } from "./numbers.ts";
import type { Part, Words } from "./part.ts";
import { leftOf, type Situation, waitingOf } from "./situation.ts";

const READING = "Reading a page uses almost nothing.";
/** Both are two lines on a phone. Whether this browser can compute is known after the click: before it nothing is promised. */
export const BEFORE_LEAD = "Volunteers' GPUs compute units, one square each. Yours has little to do while you read.";
const PROCESSOR_LEAD = "Volunteers compute units, one square each: with a GPU or, in some browsers, a CPU.";
/** Of what is missing, a share that is worth a word when it was computed once already. */
const MUCH = 0.5;

export function beforeWords(situation: Situation, noun: string): Words {
  const { job } = situation;
  const missing = leftOf(situation);
  const one = missing === 1;
  const left = one ? "One unit" : `${count(missing)} units`;
  const once = job ? Math.min(missing, job.units.voted - job.verification.held) : 0;
  // None of them is missing in another sense.
  const needsOthers = missing > 0 && once >= missing;
  const headline = needsOthers
    ? `${left} ${one ? "needs" : "need"} a second volunteer.`
    : `${left} of this ${noun} ${one ? "is" : "are"} missing.`;
  const lead = beforeLead(situation, needsOthers || once < MUCH * missing ? 0 : once);
  const soFar = job && answerOf(job);
  if (!soFar) return { headline: [headline], lead };
  return { headline: [`${soFar.of} so far: ${soFar.value}`], lead: [`${headline} `, ...lead] };
}

/** Who was here before is told of what is theirs instead: a phone's first screen has no room for both. */
function beforeLead(situation: Situation, once: number): Part[] {
  const { job } = situation;
  const own = waitingOf(situation);
  if (situation.kept > 0) return [...keptHere(situation), ` ${READING}`];
  if (own > 0)
    return [
      { mine: units(own) },
      ` of these ${own === 1 ? "is yours and waits" : "are yours and wait"} for ${waitsFor(job, "a stranger")}. ${READING}`,
    ];
  if (once > 0) {
    return [`One square each; ${count(once)} of them ${once === 1 ? "waits" : "wait"} for ${waitsFor(job, "a second volunteer")}.`];
  }
  return [situation.allowSoftware ? PROCESSOR_LEAD : BEFORE_LEAD];
}

export function keptHere({ kept }: Situation): Part[] {
  if (kept === 0) return [];
  return [
    { mine: units(kept) },
    kept === 1 ? " waits here; it is sent when you lend again." : " wait here; they are sent when you lend again.",
  ];
}

/** What is known so far of a job that is no picture. */
export function answerOf({ noun, answer, answerSoFar }: JobStatus): { of: string; value: string } | null {
  if (!answer || answerSoFar === undefined || (noun || "picture") === "picture") return null;
  return { of: raised(answer), value: grouped(answerSoFar) };
}
