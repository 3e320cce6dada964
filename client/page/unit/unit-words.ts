/** The words of a unit's page: one plain sentence that is true now, and what to know about it. */
import type { JobStatus } from "../../../shared/api.ts";
import type { Difference } from "../../../shared/difference.ts";
import type { Unit } from "../../../shared/unit.ts";
import type { Checked } from "../../proof/check.ts";
import { fullStop } from "../full-stop.ts";
import { capitalised, dataSize, duration, inWords, raised, whole } from "../numbers.ts";
import type { Words } from "../part.ts";
import { settledWord } from "../tier-words.ts";
import type { Absent, Found, Lookup } from "./lookup.ts";
import type { Run } from "./runner.ts";

/** Of the document; undefined: it stays as it is. */
export function titleOf(lookup: Lookup): string | undefined {
  if (lookup.kind !== "found") return undefined;
  return `Unit ${whole(lookup.unit.unit)} of ${raised(lookup.job.title)} · Idlewave`;
}

export function absentWords(absent: Absent): Words {
  switch (absent.kind) {
    case "unnamed":
      return {
        headline: [absent.job ? "Which unit?" : "Which unit of which job?"],
        lead: [
          `${absent.job ? spanWords(absent.job) : "Every job here is cut into units."} Name one to see who computed it, and to compute it again yourself.`,
        ],
      };
    case "no-job":
      return {
        headline: [`There is no job ${whole(absent.job)}.`],
        lead: ["It was removed, or the number is wrong, or not everybody may see it."],
      };
    case "no-unit":
      return { headline: [`This job has no unit ${whole(absent.unit)}.`], lead: [spanWords(absent.job)] };
    case "unreachable":
      return { headline: ["Nothing is known of this unit now."], lead: [absent.why] };
    default:
      return absent satisfies never;
  }
}

function spanWords({ title, units }: JobStatus): string {
  const last = units.total - 1;
  return `${raised(title)} has ${last === 0 ? "one unit, number 0" : `the units 0 to ${whole(last)}`}.`;
}

/** What computes a check, once the reader has said that it may be their processor. */
export type Device = "graphics card" | "processor";

/** Before a check, while it runs, and after it. */
export function wordsOf(found: Found, run: Run, device: Device): Words {
  const { unit } = found;
  const name = `Unit ${whole(unit.unit)}`;
  switch (run.kind) {
    case "idle":
      return stateWords(found);
    case "asked":
    case "fetching":
      return {
        headline: [`Getting ${lower(name)}.`],
        lead: [`Downloading the kernel and what it reads${run.kind === "fetching" ? `, ${dataSize(run.bytes)}` : ""}, and compiling it.`],
      };
    case "computing":
      return {
        headline: [`Computing ${lower(name)} again.`],
        lead: [
          run.sliced
            ? `On ${run.gpu}, in short slices. It steps aside while you move the pointer, scroll or type.`
            : `On ${run.gpu}. This kernel cannot be cut into slices, so the screen may stutter.`,
        ],
      };
    case "stopped":
      return { headline: ["Stopped."], lead: ["Nothing more is computed here, and nothing was compared."] };
    case "checked":
      return verdict(found, run);
    case "no-webgpu":
      return {
        headline: ["This browser can't check it."],
        lead: ["It has no WebGPU, the part that lets a page use the graphics card. Current Chrome, Edge and Safari have it."],
      };
    case "insecure":
      return {
        headline: ["This address can't use graphics cards."],
        lead: ["Browsers lend them only to pages that came over HTTPS, or from this computer itself."],
      };
    case "no-adapter":
      return {
        headline: ["This browser finds no graphics card."],
        lead: ["It has WebGPU, but no graphics card that it may use: a setting or an old driver can be why."],
      };
    case "software-adapter":
      return {
        headline: ["No graphics card here."],
        lead: ["This browser only pretends to have one. Your processor can do the work: the bytes are as good, and it takes longer."],
      };
    case "no-input":
      return {
        headline: ["What this unit reads is not there."],
        lead: [`${run.why} Without the very same bytes nobody can compute it again, so nothing was compared.`],
      };
    case "device-lost":
      return {
        headline: [`Your ${device === "processor" ? "browser's driver" : device} restarted.`],
        lead: ["What was computed is gone, and nothing was compared. Try again."],
      };
    case "no-memory":
      return {
        headline: [`Your ${device} has no room for this unit.`],
        lead: ["Close what else uses it and try again, or check the unit on another machine."],
      };
    case "endless":
      return {
        headline: ["This kernel does not end here."],
        lead: [
          `Your ${device} may still be busy with it, and a page cannot stop that: close the browser, then open it again. Nothing was compared.`,
        ],
      };
    case "unable":
      return {
        headline: [`Your ${device} can't run this kernel.`],
        lead: [`The browser says: ${fullStop(run.why)} Nothing was compared; another machine may do it.`],
      };
    case "broken":
      return { headline: ["The check did not run."], lead: [`The browser says: ${fullStop(run.why)} Nothing was compared.`] };
    default:
      return run satisfies never;
  }
}

function stateWords({ job, unit }: Found): Words {
  const name = `Unit ${whole(unit.unit)}`;
  switch (unit.state) {
    case "final":
      return {
        headline: [`${name} is ${settledWord(job)}.`],
        lead: [
          `It is part of “${raised(job.title)}” for good. You need not believe that: compute it again on your own graphics card, and compare.`,
        ],
      };
    case "open":
      return {
        headline: [`${name} is not final yet.`],
        lead: ["Until it is, nobody is told whether somebody has answered it, or what: a liar could choose by that. Come back later."],
      };
    case "failed":
      return {
        headline: [`${name} failed.`],
        lead: [
          "Too many volunteers computed it and did not agree, so it has no result. You can compute it yourself, and see who got the same.",
        ],
      };
    case "dropped":
      return { headline: [`${name} has no result.`], lead: ["Its job ended before it did, so there is nothing to check."] };
    default:
      return unit.state satisfies never;
  }
}

/** Other bytes than those of the result, within the job's tolerance. */
export function isNear({ told }: Checked): boolean {
  return told.kind === "kept" && told.difference?.distance !== undefined;
}

function verdict({ job, unit }: Found, run: Checked): Words {
  const took = `${duration(run.gpuMicros / 1e6)} of ${run.software ? "your processor's time" : "GPU time"}, on ${run.gpu}`;
  const your = run.software ? "Your processor" : "Your graphics card";
  const { told } = run;
  if (told.kind === "none") {
    const alike = unit.replicas.filter(({ digest }) => digest === run.digest).length;
    const who = alike === 0 ? "None of those below got" : `${capitalised(inWords(alike))} of those below got`;
    return {
      headline: [{ mine: your }, " computed it."],
      lead: [`There is no verified result to compare with. ${who} the same bytes. It took ${took}.`],
    };
  }
  const isSame = run.digest === unit.digest;
  if (told.kind === "forged") {
    const got = isSame ? "the digest that it tells" : run.digest === told.digest ? "the bytes that it gives out" : "neither of the two";
    return {
      headline: ["✕ The coordinator gives out other bytes."],
      lead: [
        `Their digest is not the one that it tells of this unit, so they are not what volunteers agreed on. Tell its operator. ${your} got ${got}, in ${took}.`,
      ],
    };
  }
  const gone = told.kind === "gone" ? ` The bytes themselves could not be fetched: ${lower(told.why)}` : "";
  if (isSame) {
    return {
      headline: [{ mine: your }, " got the same bytes."],
      lead: [`All ${whole(unit.resultBytes)} of them, in ${took}. Nothing of it was sent anywhere.${gone}`],
    };
  }
  const where = told.kind === "kept" && told.difference ? `${differenceWords(told.difference)} ` : "";
  if (isNear(run)) {
    return {
      headline: [{ mine: your }, " got the same, within the tolerance."],
      lead: [
        `GPUs round differently, and no number is further off than the job's owner allows: ${job.verification.compare}. ${where}It took ${took}. Nothing of it was sent anywhere.`,
      ],
    };
  }
  return { headline: ["✕ ", { mine: your }, " got different bytes."], lead: [`${where}It took ${took}.${gone}`] };
}

function differenceWords({ byte, element }: Difference): string {
  const from = `They differ from byte ${whole(byte)} on.`;
  if (!element) return from;
  const { output, index, dtype, mine, theirs } = element;
  return `${from} The first value that does, ${output}[${index.join(", ")}], ${dtype}, is ${mine} here and ${theirs} there.`;
}

/** What another result means, and what it does not. */
export function doubts({ floats }: Pick<JobStatus, "floats">, { software }: Checked): string[] {
  const first = floats
    ? "This kernel computes with floating-point numbers. Two honest GPUs may round them differently, so other bytes are no proof of a lie."
    : "This kernel has no floating-point numbers, so honest GPUs should agree. A race or undefined behaviour in it, or a faulty driver, can still be why.";
  const other = software ? "Try a machine with a graphics card" : "Check it once more, and on a machine of another make";
  return [first, `${other}. If it stays so, tell whoever runs this network.`];
}

/** What made it final. */
export function ruleWords({ rule, replicas }: Unit, { verification, pool }: JobStatus): string {
  const alike = replicas.filter(({ outcome }) => outcome === "final").length;
  const same = verification.compare === "exact" ? "the same bytes" : "the same, within the tolerance";
  switch (rule) {
    case "audit":
      return `The coordinator's own auditor computed it too and got ${same}.`;
    case "checker":
      return "One volunteer computed it, and the checker that its owner wrote, run by the coordinator's auditor, accepted it.";
    case "slices":
      return "One volunteer computed it, and the coordinator's auditor ran parts of it again and got the same bytes.";
    case "quorum":
      if (verification.tier === "trusted") return "A member of the pool computed it, and its members are believed.";
      return `${capitalised(inWords(alike))} ${pool ? "members of the pool" : "volunteers who don't know each other"} got ${same}.`;
    case "not-kept":
      return "It passed the check of its job. Which one that was is kept only until all of the 4,096 units around it have ended.";
    case "none":
      return "It is not final.";
    default:
      return rule satisfies never;
  }
}

const OUTCOMES = { final: "taken", refused: "refused, it differed", void: "did not count" } as const;

export function outcomeWords({ outcome, auditor }: Unit["replicas"][number]): string {
  return auditor ? `${OUTCOMES[outcome]}; the auditor's` : OUTCOMES[outcome];
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
