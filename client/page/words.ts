/** The page's words for each moment: one plain sentence that is true now, what to know about it. */
import type { JobStatus } from "../../shared/api.ts";
import { unitAddress } from "../../shared/unit-address.ts";
import { waitsFor } from "../../shared/waits-for.ts";
import { answerOf, BEFORE_LEAD, beforeWords } from "./before-words.ts";
import { fullStop } from "./full-stop.ts";
import { lostWords, noneAfterLoss } from "./lost-words.ts";
import { holdWords } from "./manners/hold-words.ts";
import { aboutSeconds, capitalised, count, dataSize, doseWord, inWords, raised, units, whole } from "./numbers.ts";
import type { Part, Words } from "./part.ts";
import { deviceOf, hasOtherJobs, isLent, leftOf, mineOf, momentOf, type Situation, waitingOf } from "./situation.ts";
import { stoppedWords } from "./stopped-words.ts";
import { whoDiffered } from "./tier-words.ts";
import { waitingWords } from "./waiting.ts";
import { AFTER_FAULT_MS, LIST_MS } from "./watch.ts";

/** As long in print as the number of units of most jobs. */
const TYPICAL_UNITS = 380;

/** How the visitor meets the page. */
export interface Manner {
  touch: boolean;
  /** The wave is not to be watched: less motion is wished, or it is not there. */
  still: boolean;
  /** A phone: words and figures share what plate and dock leave. */
  narrow: boolean;
}

export function wordsOf(situation: Situation, manner: Manner): Words {
  const moment = momentOf(situation);
  const { job } = situation;
  const noun = job?.noun || "picture";
  const gave = mineOf(situation);
  const device = deviceOf(situation);
  switch (moment.kind) {
    case "loading":
      return { headline: ["Looking for a job."], lead: ["Nothing runs on your device."] };
    case "unreachable":
      return {
        headline: ["The coordinator does not answer."],
        lead: [`Nothing runs on your device. This page asks again every ${aboutSeconds(AFTER_FAULT_MS / 1_000)}.`],
      };
    case "no-job":
      return {
        headline: ["No job needs you yet."],
        lead: [
          situation.pool === undefined
            ? "Here volunteers lend their graphics cards to public jobs, and strangers check each other's results. "
            : `${situation.pool} has no job for its members yet. `,
          `No job is open now; this page looks again every ${aboutSeconds(LIST_MS / 1_000)}.`,
        ],
      };
    case "before":
      return beforeWords(situation, noun);
    case "unknown-job":
      return {
        headline: [`There is no job ${moment.job}.`],
        lead: ["It was removed, or the number is wrong. What this network has is listed below."],
      };
    case "paused":
      return {
        headline: [`This ${noun} is paused.`],
        lead: [sentence(job?.reason) || "What was verified stays. It goes on when its owner says so."],
      };
    case "not-begun":
      return { headline: [`This ${noun} has not begun.`], lead: [sentence(job?.reason) || "Nobody can lend to it yet."] };
    case "ended":
      return {
        headline: [job?.state === "failed" ? `This ${noun} failed.` : `This ${noun} was cancelled.`],
        lead: [`${sentence(job?.reason)} It does not go on. What was verified stays as it is.`.trim()],
      };
    case "starting":
      return {
        headline: ["Getting your first unit."],
        lead: [`Downloading the kernel and its data${moment.bytes > 0 ? `, ${dataSize(moment.bytes)}` : ""}.`],
      };
    case "running":
      return running(situation, noun, manner);
    case "stopped":
      return stoppedWords(situation, noun);
    case "on-hold":
      return holdWords(situation, moment);
    case "offline":
      return offline(situation, moment.running, manner);
    case "waiting":
      return waitingWords(situation, moment.reason, moment.retryMs);
    case "no-webgpu":
      return {
        headline: ["This browser can't compute units yet."],
        lead: ["It has no WebGPU, the part that lets a page use the graphics card.", watching(job)],
      };
    case "no-adapter":
      if (situation.wasLost) return noneAfterLoss(device);
      return {
        headline: ["This browser finds no graphics card."],
        lead: [
          situation.allowSoftware
            ? "It has WebGPU, but offers pages neither a graphics card nor its software driver, so your processor can't compute in it."
            : "It has WebGPU, but no graphics card that it may use: a setting or an old driver can be why.",
          watching(job),
        ],
      };
    case "insecure":
      return {
        headline: ["This address can't use graphics cards."],
        lead: ["Browsers lend them only to pages that came over HTTPS, or from this computer itself.", watching(job)],
      };
    case "software-adapter":
      return {
        headline: ["No graphics card here."],
        lead: ["This browser only pretends to have one, and your processor would have to do the work. You can still watch."],
      };
    case "another-version":
      return {
        headline: ["This page has a newer version."],
        lead: ["Your finished units are safe; it reloads by itself when the square you are on is done."],
      };
    case "device-lost":
      return lostWords(device, moment);
    case "endless":
      return {
        headline: [`${moment.compiling ? "Compiling the" : "The"} kernel of “${moment.title}” does not end.`],
        lead: [
          `Your ${device} may still be busy with it, and a page cannot stop that: close the browser, then open it again. Nothing finished was lost, and this kernel never runs here again.`,
        ],
      };
    case "refused":
      return {
        headline: [`Your ${device} got different bytes.`],
        lead: [
          `${capitalised(whoDiffered(job))} got other bytes on unit ${whole(moment.unit)}, so yours gives no credit. ${refusals(situation)}${device === "processor" ? "An old browser" : "Old drivers"} can cause this.`,
        ],
      };
    case "job-done":
      return finished(job, noun, gave);
    case "another-tab":
      return moment.running
        ? { headline: ["Running in another tab."], lead: ["One tab works for all of them."] }
        : {
            headline: ["Waiting in another tab."],
            lead: ["One tab works for all of them, and that one has no unit to work on right now."],
          };
    case "failed":
      return {
        headline: ["Something here failed."],
        lead: [`Nothing is running on your ${device}. ${sentence(moment.message) || ""}`.trim()],
      };
    default:
      return moment satisfies never;
  }
}

/** More than the one that is told of says what to think of the device. */
function refusals({ donor }: Situation): string {
  if (!donor || donor.units.refused < 2) return "";
  return `Of ${units(donor.units.submitted)} that you sent, ${count(donor.units.refused)} were refused. `;
}

function offline(situation: Situation, still: boolean, { narrow }: Manner): Words {
  const unsent = situation.donor?.unsent ?? 0;
  const safe: Part[] = unsent > 0 ? [{ mine: units(unsent) }, unsent === 1 ? " is safe here." : " are safe here."] : [];
  const [they, are] = unsent === 1 ? ["It", "is"] : ["They", "are"];
  if (narrow && unsent > 0) {
    return { headline: ["No connection. ", ...safe], lead: [`${they} ${are} kept here and sent as soon as you are back.`] };
  }
  const kept = `${they} ${are} finished and kept on this device. ${they} will be sent as soon as you are back.`;
  const goesOn = unsent > 0 ? " Then it goes on by itself." : " It goes on by itself as soon as you are back.";
  return {
    headline: unsent > 0 ? ["No connection. ", ...safe] : ["No connection."],
    lead: [
      unsent > 0 ? kept : "Nothing finished is missing.",
      still ? ` Your ${deviceOf(situation)} keeps working on the units it already has.` : goesOn,
    ],
  };
}

function running(situation: Situation, noun: string, manner: Manner): Words {
  const { donor, dose, firstDose, fresh, job } = situation;
  const mine = mineOf(situation);
  const device = deviceOf(situation);
  if (fresh && job) {
    const left = leftOf(situation);
    return {
      headline: [{ mine: `Unit ${whole(fresh.unit)}`, href: unitAddress(job, fresh.unit) }, ` of this ${noun} is yours.`],
      lead: [`${confirmed(situation, job)}, so your square is now part of it. ${left > 0 ? `${count(left)}\u00a0to\u00a0go.` : ""}`.trim()],
    };
  }
  const { headline, about } = given(situation, noun);
  if (situation.idle) return { headline, lead: [`${about}Nothing runs just now: it waits for its next unit.`] };
  if (dose < firstDose) {
    return {
      headline,
      lead: [`${about}You chose less: at most ${doseWord(dose)} of your ${device}, on average.${slower(firstDose / dose)}`],
    };
  }
  const now = donor?.running ?? 0;
  const more = mine > 0 ? " more" : "";
  const running = now > 0 ? `${capitalised(inWords(now))}${more} ${now === 1 ? "is" : "are"} running on your ${device}. ` : "";
  return { headline, lead: [`${about}${running}${about ? "" : stepsAside(manner)}`.trim()] };
}

/** What the visitor gave, the most settled figure first, and what the lead has to say of it. */
function given(situation: Situation, noun: string): { headline: Part[]; about: string } {
  const { donor, job } = situation;
  const mine = mineOf(situation);
  if (mine > 0) return { headline: [{ mine: units(mine) }, ` of this ${noun} ${mine === 1 ? "is" : "are"} yours.`], about: "" };
  const elsewhere = donor?.units.final ?? 0;
  if (elsewhere > 0 && job) {
    const headline: Part[] = [{ mine: units(elsewhere) }, ` ${elsewhere === 1 ? "is" : "are"} yours so far.`];
    return { headline, about: `Now: ${raised(job.title)}. ` };
  }
  const own = waitingOf(situation);
  if (own === 0) return { headline: ["Your first units are on their way."], about: "" };
  if (job?.verification.quorum === 1) return { headline: [{ mine: units(own) }, " of yours went to the coordinator."], about: "" };
  const who = waitsFor(job, "a stranger");
  return {
    headline: [{ mine: units(own) }, ` of yours ${own === 1 ? "waits" : "wait"} for ${who}.`],
    about: `${own === 1 ? "It joins" : "They join"} the ${noun} when ${who} gets the same bytes. `,
  };
}

function stepsAside({ touch, still }: Manner): string {
  if (still)
    return touch ? "It steps aside while you touch the page." : "It steps aside while you move the pointer, scroll or type on this page.";
  return `${touch ? "Touch the page" : "Move the pointer"} and watch the wave step aside.`;
}

/** What comes next, and what may come and go while the visitor lends: the page keeps room for the largest of it, so that nothing under it moves. */
export function roomsOf(situation: Situation, manner: Manner): Words[] {
  const { donor, job } = situation;
  const noun = job?.noun || "picture";
  if (momentOf(situation).kind === "loading") {
    return [{ headline: [`${count(TYPICAL_UNITS)} units of this ${noun} are missing.`], lead: [BEFORE_LEAD] }];
  }
  if (!isLent(situation) || isLong(situation)) return [];
  const own = { job: job?.id ?? 0, waiting: 0, final: Math.max(mineOf(situation), 1) };
  const usual = {
    ...situation,
    donor: donor && { ...donor, own, running: Math.max(donor.running, 1) },
    fresh: null,
    idle: false,
    firstDose: situation.dose,
  };
  const first = usual.donor && { ...usual.donor, own: { ...own, waiting: Math.max(waitingOf(situation), 2), final: 0 } };
  return [
    running(usual, noun, manner),
    running({ ...usual, dose: 0.1, firstDose: 0.9 }, noun, manner),
    // Before the first of this job is verified: what waits, or what was given to others.
    running({ ...usual, donor: first && { ...first, units: { ...first.units, final: 0 } } }, noun, manner),
    running({ ...usual, donor: first && { ...first, units: { ...first.units, final: Math.max(first.units.final, 2) } } }, noun, manner),
    running({ ...usual, fresh: { unit: Math.max(0, (job?.units.total ?? 1) - 1) } }, noun, manner),
  ];
}

/** Its headline, or the button or link under it, takes the room that shorter words leave. */
function isLong(situation: Situation): boolean {
  const moment = momentOf(situation);
  if (moment.kind === "waiting") return moment.reason === "needs-features" || hasOtherJobs(situation);
  return moment.kind === "job-done" || moment.kind === "offline";
}

function slower(times: number): string {
  if (times >= 1.9 && times < 2.1) return " Units take about twice as long.";
  return times >= 2.1 ? ` Units take about ${inWords(Math.round(10 * times) / 10)} times as long.` : "";
}

function confirmed({ allowSoftware }: Situation, job: JobStatus): string {
  const others = job.verification.quorum - 1;
  if (others === 0) return job.pool ? "Members of the pool are believed" : "The coordinator checked its bytes";
  const one = job.pool ? "Another member's" : "A stranger's";
  const many = job.pool ? "other members'" : "strangers'";
  return others === 1
    ? `${one} ${allowSoftware ? "GPU or CPU" : "graphics card"} got the same bytes`
    : `${capitalised(inWords(others))} ${many} ${allowSoftware ? "GPUs or CPUs" : "graphics cards"} got the same bytes`;
}

function finished(job: JobStatus | null, noun: string, gave: number): Words {
  const who =
    job?.madeBy === undefined ? "Volunteers" : job.madeBy === 1 ? "One volunteer" : `${capitalised(inWords(job.madeBy))} volunteers`;
  const made: Part[] = gave > 0 ? [`${who} made it, `, { mine: units(gave) }, " by you."] : [`${who} made it.`];
  const answer = job && answerOf(job);
  if (!answer) return { headline: [`This ${noun} is finished.`], lead: made };
  return { headline: [`${answer.of}: ${answer.value}`], lead: [`This ${noun} is finished. `, ...made] };
}

function watching(job: JobStatus | null): string {
  if (!job || job.volunteers === 0) return " You can still watch.";
  const who = job.volunteers === 1 ? "one volunteer has" : `${inWords(job.volunteers)} volunteers have`;
  return ` You can still watch: ${who} units of it right now.`;
}

function sentence(text: string | undefined): string {
  return capitalised(fullStop(text ?? ""));
}
