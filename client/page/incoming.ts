/** What comes in, from the coordinator and from the donor, as changes of what is true for the visitor. */
import type { JobStatus } from "../../shared/api.ts";
import { byServingOrder } from "../../shared/serving.ts";
import type { DonorState, Dose } from "../donor/state.ts";
import type { Situation } from "./situation.ts";

/** A chosen dose comes back in the donor's state within this time. */
const TURN_HEARD_MS = 2_000;

type Changes = Partial<Situation>;

/** What a word of the donor's is here: its end by another page's hand or by its own, one that comes too late, or news. */
export function wordOf({ phase }: Pick<DonorState, "phase">, { lending }: Situation): "forgotten" | "stopped" | "late" | "news" {
  if (phase.kind === "forgotten") return "forgotten";
  if (phase.kind === "stopped" && lending.kind === "on") return "stopped";
  // The figures beside "Stopped." are those of that moment.
  return lending.kind === "stopped" || lending.kind === "off" ? "late" : "news";
}

/** The donor here has ended, the account with it or not. */
export function afterEnd(word: "forgotten" | "stopped"): Changes {
  return word === "stopped" ? { lending: { kind: "stopped" }, fresh: null } : { lending: { kind: "off" }, donor: null, fresh: null };
}

/** `running`: units that are told of as running. `turnedMs`: since the dose was turned here. */
export function afterDonor(situation: Situation, donor: DonorState, running: number, turnedMs: number): Changes {
  const { phase } = donor;
  return {
    donor: { ...donor, running },
    dose: doseAfter(situation, donor, turnedMs),
    ...(phase.kind === "device-lost" || phase.kind === "running" ? { wasLost: phase.kind === "device-lost" } : {}),
    ...(situation.lending.kind === "asking" && phase.kind !== "off" ? { lending: { kind: "on" } } : {}),
  };
}

/** What another tab's donor tells is shown here as it is there. */
export function afterElsewhere(situation: Situation, elsewhere: DonorState, turnedMs: number): Changes {
  const dose = doseAfter(situation, elsewhere, turnedMs);
  return { elsewhere, donor: elsewhere, dose, firstDose: dose };
}

/** It is gone. What was given stays given, and what computed stays what it was. */
export function afterBeside(wasStopped: boolean): Changes {
  return wasStopped ? { elsewhere: null, lending: { kind: "stopped" } } : { elsewhere: null };
}

/** Another tab chose it; what this one chose may be on its way still, and a donor that is off chose nothing. */
function doseAfter({ dose, donor: before }: Situation, { phase, dose: told }: DonorState, turnedMs: number): Dose {
  return phase.kind === "off" || told === before?.dose || turnedMs <= TURN_HEARD_MS ? dose : told;
}

/** All jobs were told, of which `shown` is shown. */
export function afterJobs(jobs: readonly JobStatus[], shown: JobStatus | null): Changes {
  const others = jobs.filter((other) => other.state === "running" && other.id !== shown?.id);
  return { network: "reached", job: shown, nextJob: others.toSorted(byServingOrder)[0] ?? null };
}

/** The donor is connected and tells how the shown job stands. */
export function isTold({ lending, donor, job, offline }: Situation): boolean {
  return !offline && lending.kind === "on" && donor?.job != null && donor.job.id === job?.id && donor.phase.kind !== "offline";
}

/** The job that the donor computes, as fresh as is known. */
export function computedJob({ donor }: Situation, jobs: readonly JobStatus[]): JobStatus | null {
  return jobs.find(({ id }) => id === donor?.job?.id) ?? donor?.job ?? null;
}
