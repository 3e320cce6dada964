/** Why nothing runs though it was asked for, why less runs than was chosen, and what the visitor may say to it. */
import type { Anyway, HoldReason, SlowReason } from "../../donor/manners/policy.ts";
import { clockTime, dataSize } from "../numbers.ts";
import type { Words } from "../part.ts";
import { deviceOf, type Moment, type Situation } from "../situation.ts";

type OnHold = Extract<Moment, { kind: "on-hold" }>;

export function holdWords(situation: Situation, { reason, until }: OnHold): Words {
  const nothing = `so nothing is running on your ${deviceOf(situation)}`;
  const plugIn = "It starts by itself when you plug in.";
  const goesOn = "It goes on by itself.";
  switch (reason) {
    case "battery":
      return { headline: ["Waiting for your charger."], lead: [`This device is on battery, ${nothing}. ${plugIn}`] };
    case "battery-low":
      return { headline: ["Waiting for your charger."], lead: [`Your battery is nearly empty, ${nothing}. ${plugIn}`] };
    case "heat":
      return { headline: ["Waiting for your computer to cool."], lead: [`It is under heavy load, ${nothing}. ${goesOn}`] };
    case "save-data":
      return {
        headline: ["Waiting: you asked to save data."],
        lead: [`Your browser was told to, ${nothing}. ${downloadWords(situation)}`],
      };
    case "hours":
      return {
        headline: [until === null ? "Waiting for its hours." : `Waiting for ${clockTime(until)}.`],
        lead: [`You chose the hours in which it may run, ${nothing}. ${goesOn}`],
      };
    case "present":
      return {
        headline: ["Waiting until you are away."],
        lead: [`You chose to lend only while nobody touches this device, ${nothing}. ${goesOn}`],
      };
    case "away-untold":
      return {
        headline: ["Waiting until you are away."],
        lead: ["You chose so, and this browser no longer tells when that is. Allow it again, or change your choice under When it may run."],
      };
    case "memory":
      return {
        headline: ["Waiting for a smaller job."],
        lead: [`The jobs here take more memory than you lend under When it may run. ${goesOn}`],
      };
    case "long-pieces":
      return {
        headline: ["Waiting until you are away."],
        lead: [`The jobs here compute in pieces so long that your screen would stutter, ${nothing}. It tries again by itself.`],
      };
    case "remote":
      return {
        headline: ["Paused from another device."],
        lead: [`You paused this one there, ${nothing}. It goes on once you resume it on the page Your account, on any of them.`],
      };
    case "frozen":
      return { headline: ["Waiting for the browser."], lead: [`It has put this tab to sleep, ${nothing}. ${goesOn}`] };
    default:
      return reason satisfies never;
  }
}

function downloadWords({ job }: Situation): string {
  if (!job) return "Kernels and their inputs would be downloaded.";
  const { once, unit } = job.downloadBytes;
  return `Kernel and inputs are ${dataSize(once)}${unit > 0 ? `, and ${dataSize(unit)} more a unit` : ""}.`;
}

const HELD: Record<HoldReason, string> = {
  battery: "Paused, on battery",
  "battery-low": "Paused, battery is low",
  heat: "Paused, computer is hot",
  "save-data": "Paused, saving data",
  hours: "Paused, not its hours",
  present: "Paused, you are here",
  "away-untold": "Paused, are you away?",
  memory: "Paused, jobs too large",
  "long-pieces": "Paused, you are here",
  remote: "Paused from another device",
  frozen: "Paused, tab asleep",
};

const WAITS_FOR_YOU: readonly HoldReason[] = ["save-data", "away-untold", "remote"];

/** The dock's two lines. */
export function holdLines({ reason, until }: OnHold): [string, string] {
  const first = reason === "hours" && until !== null ? `Paused until ${clockTime(until)}` : HELD[reason];
  return [first, WAITS_FOR_YOU.includes(reason) ? "Nothing is running" : "Starts by itself"];
}

/** What may be said to a hold, and the words on its button. */
export const ANYWAY: Record<Anyway, string> = { battery: "Run on battery anyway", "save-data": "Run anyway" };

export function anywayOf(reason: HoldReason): Anyway | null {
  return reason === "battery" || reason === "save-data" ? reason : null;
}

/** Beside what is lent then: at most a quarter. */
export const SLOWED: Record<SlowReason, string> = {
  hidden: "Less, page is hidden",
  battery: "Less, on battery",
  heat: "Less, computer is busy",
  "save-data": "Less, to save data",
};
