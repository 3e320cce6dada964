/**
 * The canary: a job that is started while an auditor is here that can run it is measured by it before volunteers meet it.
 *
 *   waiting ──an auditor that can run it asks──▶ measuring ──it reports──▶ running, with its credit fixed
 *     ▲  │                                        │  │        ├─two runs of a unit differ, or its owner is asked─▶ paused
 *     │  │                                        │  │        └─refused─▶ failed
 *     │  │                                        │  └─MAX_BROKEN times─▶ running, not measured
 *     │  │    CANARY_SILENCE_MS without a sign ───┘
 *     └──│────────────────────┘
 *        └─no such auditor was heard of for AUDITOR_GRACE_MS─▶ running, not measured
 *
 * Who measures, and since when, is in memory alone: after a restart the job waits again. Volunteers never meet a job of this
 * state, and a verb other than cancel does not move it.
 */
import { CANARY_SILENCE_MS, countSlices } from "../../shared/canary.ts";
import { BENCHMARK_GFLOP, creditOf, MAX_GFLOP_PER_UNIT } from "../../shared/credit.ts";
import { AUDITOR_GRACE, AUDITOR_GRACE_MS } from "./audit.ts";
import type { Reply } from "./effects.ts";
import type { CoreEvent, JobSpec, UnitCheck } from "./events.ts";
import { enter } from "./job.ts";
import { meets } from "./needs.ts";
import { quoteOf } from "./quote.ts";
import { overCap } from "./spending.ts";
import type { CanaryRun, CoreState, Job } from "./state.ts";
import type { Work } from "./work.ts";

/** Auditors that began and were not heard of again, until the job is not measured at all. */
export const MAX_BROKEN = 3;
/** What a run may take beyond its limit, ms: to fetch the job, and to report. */
const SLACK_MS = 120_000;

const ABSENT = `no auditor that can run it came for ${AUDITOR_GRACE}: it was not measured, and runs as without one`;
const BROKEN = "the auditor began to measure it three times and was not heard of again: it was not measured, and runs as without one";
const ASKS = "it was measured: its owner is asked, with its quote, whether it is to run (resume)";
const OFF = "it was not measured: the canary is switched off";

type Event<Type extends CoreEvent["type"]> = Extract<CoreEvent, { type: Type }>;

/** Of the jobs that others broke off least, one of the owner of whom fewest are measured: nobody waits for all of another's. */
export function claimCanary(state: CoreState, { features, limits, random }: Event<"canary-claim">, work: Work): Reply {
  noteAsked(state, { features, limits }, work.now);
  const waiting = state.inCanary.filter((job) => job.canary?.run === null && meets(job.spec.requires, { features, limits }));
  const measured = (owner: number) => state.inCanary.filter(({ spec, canary }) => spec.owner === owner && canary?.run).length;
  const rank = (one: Job, other: Job) => brokenOf(one) - brokenOf(other) || measured(one.spec.owner) - measured(other.spec.owner);
  const [job] = waiting.sort((one, other) => rank(one, other) || one.spec.id - other.spec.id);
  if (!job?.canary || state.canaryMs === 0) return { type: "canary", run: null };
  job.canary.run = { id: random, features, limits, beganAt: work.now, heardAt: work.now };
  return { type: "canary", run: { job: job.spec.id, id: random, limitMs: state.canaryMs } };
}

/** The run goes on. */
export function keepCanary(state: CoreState, event: Event<"canary-alive">, work: Work): Reply {
  const found = runOf(state, event);
  if ("type" in found) return found;
  found.run.heardAt = work.now;
  noteAsked(state, found.run, work.now);
  return { type: "done" };
}

export function takeFinding(state: CoreState, event: Event<"canary-report">, work: Work): Reply {
  const found = runOf(state, event);
  if ("type" in found) return found;
  const { job } = found;
  const { finding } = event;
  noteAsked(state, found.run, work.now);
  job.spec = measuredSpec(job.spec, finding);
  work.store({ type: "canary", job: job.spec.id, spec: job.spec, record: { ...finding, at: work.now } });
  const quote = quoteOf(state, job);
  if (finding.verdict === "refused") enter(state, job, "failed", `the auditor refused it: ${finding.why}`, work);
  else if (finding.differs !== "")
    enter(state, job, "paused", `${finding.differs} Volunteers would not agree: mend it, or resume it as it is`, work);
  else if (overCap(job, quote)) enter(state, job, "paused", overCap(job, quote), work);
  else if (job.spec.asks) enter(state, job, "paused", ASKS, work);
  else enter(state, job, "running", "", work);
  return { type: "done" };
}

/** Takes back what is not measured any more, and lets go what nobody measures. */
export function chaseCanaries(state: CoreState, work: Work): void {
  for (const job of state.inCanary) {
    const { canary } = job;
    if (!canary) throw new Error(`job ${job.spec.id} is in no canary`);
    const { run } = canary;
    if (run && (work.now - run.heardAt >= CANARY_SILENCE_MS || work.now - run.beganAt >= state.canaryMs + SLACK_MS)) {
      canary.run = null;
      canary.broken++;
    }
    if (state.canaryMs === 0) enter(state, job, "running", OFF, work);
    else if (canary.broken >= MAX_BROKEN) enter(state, job, "running", BROKEN, work);
    else if (!canary.run && work.now - canary.askedAt >= AUDITOR_GRACE_MS) enter(state, job, "running", ABSENT, work);
  }
}

/** Words for the status of a job in the canary; "" for others. */
export function canaryWords(state: CoreState, { canary, spec }: Job): string {
  if (!canary) return "";
  if (canary.run) return "the auditor measures it before volunteers meet it";
  const before = state.inCanary.filter((job) => job.spec.id !== spec.id && job.canary?.run).length;
  return before > 0 ? "it waits until the auditor has measured another job" : "it waits for the auditor to measure it";
}

/** A unit is worth its time as a multiple of the benchmark's on the same GPU, times the benchmark's operations. */
function measuredSpec(unmeasured: JobSpec, finding: Event<"canary-report">["finding"]): JobSpec {
  const { unitMicros, benchmarkMicros } = finding;
  const spec = { ...unmeasured, measured: true, unitMicros, check: checkOf(unmeasured, finding) };
  if (unitMicros === null || !benchmarkMicros) return spec;
  const gflop = (unitMicros / benchmarkMicros) * BENCHMARK_GFLOP;
  return { ...spec, creditPerUnit: creditOf(Math.min(gflop, MAX_GFLOP_PER_UNIT)) };
}

/** How its units are checked now that it is known what its slices write, or its checker says. */
function checkOf({ check }: JobSpec, finding: Event<"canary-report">["finding"]): UnitCheck | undefined {
  const { verdict, why, slices, unsampled, checker, unchecked } = finding;
  if (check?.how === "checker") {
    if (checker) return { ...check, micros: checker.micros, why: "" };
    return { ...check, why: `its checker cannot be believed: ${unchecked ?? "the auditor did not come to try it."}`.replace(/\.$/, "") };
  }
  if (check?.how !== "slices") return check;
  if (slices) return { how: "slices", slices: countSlices(slices), why: "" };
  return {
    how: "slices",
    slices: 0,
    why: `the auditor cannot tell what a slice of it writes alone (class ${verdict}): ${unsampled ?? why}`,
  };
}

/** An auditor like this was heard of: jobs that it can run are not forgotten. */
function noteAsked(state: CoreState, abilities: Pick<CanaryRun, "features" | "limits">, now: number): void {
  for (const { canary, spec } of state.inCanary) if (canary && meets(spec.requires, abilities)) canary.askedAt = now;
}

function brokenOf({ canary }: Job): number {
  return canary?.broken ?? 0;
}

/** The job and its run of this id, or why there is none. */
function runOf(
  state: CoreState,
  event: Event<"canary-alive" | "canary-report">,
): { job: Job; run: CanaryRun } | Extract<Reply, { type: "error" }> {
  const job = state.jobs.get(event.job);
  if (!job) return { type: "error", code: "not-found", details: { what: `job ${event.job}` } };
  const run = job.canary?.run;
  if (run?.id === event.run) return { job, run };
  const details = { job: event.job, state: job.state, verb: "measured by this run", todo: "Give the run up, and ask for another job." };
  return { type: "error", code: "wrong-state", details };
}
