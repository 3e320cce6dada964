/**
 * What is true for the visitor now, from which every word on the page follows.
 *
 *   loading ─▶ unreachable ⇄ no-job ⇄ before ─(click)─▶ asking ─▶ the donor's own phases ─(Stop)─▶ stopped ─(Start again)─▶ asking
 *   off, stopped, broken ⇄ another-tab: while the donor of another tab is at work
 *   before ⇄ finished, paused, not-begun, ended: the shown job's own state, while nothing is lent
 *   no-webgpu: the browser lacks it, known without asking anybody
 */
import type { JobState, JobStatus } from "../../shared/api.ts";
import { hasEnded } from "../../shared/job-state.ts";
import { SLOW_SHARE } from "../donor/manners/policy.ts";
import { fromBeside, has, isOver } from "../donor/phases.ts";
import type { DonorPhase, DonorState, Dose } from "../donor/state.ts";
import type { Seen } from "./drawing/orders.ts";

/** What the page itself knows; the donor's phases take over while it is lent. */
export type Lending =
  | { kind: "off" }
  /** The click was heard; the donor has not said anything yet. */
  | { kind: "asking" }
  | { kind: "on" }
  | { kind: "stopped" }
  | { kind: "broken"; message: string };

export type Moment = OwnMoment | DonorMoment;
type DonorMoment = Exclude<DonorPhase, { kind: "off" | "forgotten" | "stopped" }>;
type OwnMoment =
  | { kind: "loading" }
  | { kind: "unreachable" }
  | { kind: "no-job" }
  /** `?job=` names one that this network does not have. */
  | { kind: "unknown-job"; job: number }
  | { kind: "before" }
  | { kind: "paused" }
  /** The shown job is not measured yet, or its owner has not begun it. */
  | { kind: "not-begun" }
  /** The shown job was cancelled, or failed. */
  | { kind: "ended" }
  | { kind: "stopped" }
  | { kind: "insecure" };

export interface Situation {
  lending: Lending;
  network: "loading" | "reached" | "unreachable";
  webgpu: "there" | "absent" | "insecure";
  /** The shown job, null when there is none. */
  job: JobStatus | null;
  /** Number of the job that the address names, 0 for none. */
  chosenJob: number;
  /** Name of the pool that the page is for; absent: it is everybody's. */
  pool?: string | undefined;
  /** The browser has no network, and nothing has answered since it said so. */
  offline: boolean;
  /** The visitor asked their browser to save data. */
  saveData: boolean;
  /** The coordinator takes results of processors too. */
  allowSoftware: boolean;
  donor: DonorState | null;
  /** The donor of another tab, while nothing is lent in this one. */
  elsewhere: DonorState | null;
  seen: Seen | null;
  /** Finished units that wait on this device to be sent, counted while nothing is lent. */
  kept: number;
  dose: Dose;
  /** What was lent when it started: a smaller dose is a choice worth a word. */
  firstDose: Dose;
  /** A unit of the visitor's own that was just verified. */
  fresh: { unit: number } | null;
  /** Another job to lend to: the one that is served first. */
  nextJob: JobStatus | null;
  /** The person has just moved, scrolled or typed on this page, and nothing is queued for it. */
  aside: boolean;
  /** No unit has been open for a while, and nothing ran. */
  idle: boolean;
  /** The graphics card was lost in this visit, and has computed nothing since. */
  wasLost: boolean;
}

/** What is known at once. */
export type Known = Pick<Situation, "webgpu" | "saveData" | "chosenJob" | "dose" | "pool">;

/** Before anything was asked or answered. */
export function firstSituation({ webgpu, saveData, chosenJob, dose, pool }: Known): Situation {
  return {
    ...{ webgpu, saveData, chosenJob, dose, pool, firstDose: dose, offline: false },
    ...{ lending: { kind: "off" }, network: "loading", job: null, allowSoftware: false, donor: null, elsewhere: null },
    ...{ seen: null, kept: 0, fresh: null, nextJob: null, aside: false, idle: false, wasLost: false },
  };
}

/** The one thing that is true now. */
export function momentOf(situation: Situation): Moment {
  const { lending, donor, job } = situation;
  switch (lending.kind) {
    case "asking":
      return { kind: "starting", bytes: 0 };
    case "on":
      if (!donor || donor.phase.kind === "off" || donor.phase.kind === "forgotten" || donor.phase.kind === "stopped") {
        return { kind: "starting", bytes: 0 };
      }
      if (situation.offline && has(donor.phase, "needs-network")) return { kind: "offline", running: donor.running > 0 };
      // The donor only knows that no job is left; why is told by the job that was shown until then.
      if (donor.phase.kind === "waiting" && donor.phase.reason === "no-jobs" && job?.state === "done") return finished(job, false);
      return donor.phase.kind === "another-tab" ? beside(donor.phase) : donor.phase;
    case "broken":
    case "stopped":
    case "off":
      break;
    default:
      lending satisfies never;
  }
  if (situation.elsewhere) return beside(fromBeside(situation.elsewhere.phase));
  if (lending.kind === "broken") return { kind: "failed", message: lending.message };
  if (lending.kind === "stopped") return { kind: "stopped" };
  if (situation.webgpu === "insecure") return { kind: "insecure" };
  if (situation.webgpu === "absent") return { kind: "no-webgpu" };
  if (situation.network === "unreachable") return { kind: "unreachable" };
  if (!job && situation.network === "loading") return { kind: "loading" };
  if (!job) return situation.chosenJob > 0 ? { kind: "unknown-job", job: situation.chosenJob } : { kind: "no-job" };
  if (job.state === "done") return finished(job, true);
  return { kind: OF_JOB[job.state] };
}

/** What is true of a job that is not done while nothing is lent. */
const OF_JOB = {
  ...{ draft: "not-begun", canary: "not-begun", running: "before", paused: "paused", cancelled: "ended", failed: "ended" },
} as const satisfies Record<Exclude<JobState, "done">, OwnMoment["kind"]>;

/** What holds another tab's donor up is true here too. */
function beside(phase: Extract<DonorPhase, { kind: "another-tab" }>): Moment {
  return phase.hold ? { ...phase.hold, kind: "on-hold" } : phase;
}

/** `final`: nothing waits for another one. */
function finished(job: JobStatus, final: boolean): Moment {
  return { kind: "job-done", job: job.id, final };
}

/** The dock is there: something runs, or waits to run, and can be stopped. */
export function isLent(situation: Situation): boolean {
  const { lending, elsewhere } = situation;
  if (!elsewhere && lending.kind !== "on" && lending.kind !== "asking") return false;
  const moment = momentOf(situation);
  return !isOwn(moment) && !isOver(moment);
}

/** Whether each of the page's own is told at once, not when the next quiet moment comes. */
const OWN_FAULTS: Readonly<Record<OwnMoment["kind"], boolean>> = {
  ...{
    loading: false,
    "no-job": false,
    "unknown-job": false,
    before: false,
    paused: false,
    "not-begun": false,
    ended: false,
    stopped: false,
  },
  ...{ unreachable: true, insecure: true },
};

function isOwn(moment: Moment): moment is OwnMoment {
  return Object.hasOwn(OWN_FAULTS, moment.kind);
}

export function isFault(moment: Moment): boolean {
  return isOwn(moment) ? OWN_FAULTS[moment.kind] : has(moment, "fault");
}

/** The visitor has said yes on this page, and not Stop since. */
export function isWanted({ lending }: Situation): boolean {
  return lending.kind === "asking" || lending.kind === "on";
}

/** What computes here: a software adapter is the processor; before the browser was asked for one nobody knows. */
export function deviceOf({ donor }: Situation): "graphics card" | "processor" | "device" {
  if (donor?.software) return "processor";
  return donor?.adapter ? "graphics card" : "device";
}

/** No unit is open, and nothing runs, though everything is there for it. */
export function isQuiet(situation: Situation): boolean {
  const { donor, seen, aside } = situation;
  return momentOf(situation).kind === "running" && donor?.running === 0 && !aside && (seen?.share ?? 0) === 0;
}

/** The visitor came for one job, and there are others. */
export function hasOtherJobs({ chosenJob, nextJob }: Situation): boolean {
  return chosenJob > 0 && nextJob !== null;
}

/** What is lent at most, as far as the donor has slowed down by itself. */
export function lentDose({ donor, dose }: Situation): Dose {
  return donor?.slowed && dose > SLOW_SHARE ? SLOW_SHARE : dose;
}

/** What is lent, as a figure of it is called. */
export function timeWord(situation: Situation): string {
  return deviceOf(situation) === "processor" ? "processor time" : "GPU time";
}

/** Units of the shown job that the visitor's GPU computed and others confirmed. */
export function mineOf(situation: Situation): number {
  return ownOf(situation).final;
}

/** Units of the shown job that the visitor's GPU computed and nobody confirmed yet: none once the job has ended. */
export function waitingOf(situation: Situation): number {
  return situation.job && hasEnded(situation.job.state) ? 0 : ownOf(situation).waiting;
}

/** Units of all jobs that the visitor's GPU computed and others confirmed. */
export function finalOfAll(situation: Situation): number {
  const { donor, job } = situation;
  const since = job && donor?.own?.job === job.id ? mineOf(situation) - donor.own.final : 0;
  return (donor?.units.final ?? 0) + since;
}

/** The donor counts them at the moment of its other figures; before it knows, what the squares show is counted, and after Stop what they show since. */
function ownOf({ donor, seen, job, lending, elsewhere }: Situation): { waiting: number; final: number } {
  const drawn = seen && job && seen.job === job.id ? seen.mine : { waiting: 0, final: 0 };
  if (!job || donor?.own?.job !== job.id) return drawn;
  if (elsewhere || lending.kind !== "stopped") return donor.own;
  const since = Math.max(0, drawn.final - donor.own.final);
  return { final: donor.own.final + since, waiting: Math.max(0, donor.own.waiting - since) };
}

/** Units of the shown job that are still to be verified; a failed one is not. */
export function leftOf(situation: Situation): number {
  const { job } = situation;
  return job ? Math.max(0, job.units.total - job.units.failed - finalOf(situation)) : 0;
}

/** Final units of the shown job, as fresh as is known from picture, job and donor: the one figure for headline, plate and table. */
export function finalOf(situation: Situation): number {
  const { seen, job } = situation;
  if (!job) return 0;
  const drawn = seen && seen.job === job.id && seen.units === job.units.total ? seen.final : 0;
  return Math.min(job.units.total, Math.max(drawn, job.units.final, mineOf(situation)));
}
