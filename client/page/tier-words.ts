/** Words that follow from how a job's results are checked. */
import type { JobStatus } from "../../shared/api.ts";
import { isCheckedByAuditor } from "../../shared/waits-for.ts";
import { inWords } from "./numbers.ts";

/** What a final unit is: where members are believed nobody checked it. */
export function settledWord(job: JobStatus | null): "verified" | "computed" {
  return job?.verification.tier === "trusted" ? "computed" : "verified";
}

/** Whose bytes are the result where the visitor's were others. */
export function whoDiffered(job: JobStatus | null): string {
  if (job && isCheckedByAuditor(job)) return "the coordinator's own check";
  return `${inWords(Math.max(2, job?.verification.quorum ?? 2))} ${job?.pool ? "members" : "strangers"}`;
}

/** What it takes to become part of the result; `job`: null where none is shown. */
export function agreeWords(job: JobStatus | null): string {
  const compare = job?.verification.compare ?? "exact";
  const what = compare === "exact" ? "bytes that agree" : `results that agree within what their owner allows (${compare})`;
  return `Only ${what} become part of the result and give credit.`;
}

/** How results are checked, by the job's tier. */
export function checkedWords(job: JobStatus): string {
  const { tier, quorum } = job.verification;
  const who = job.pool ? "members of the pool" : "volunteers who don't know each other";
  switch (tier) {
    case "quorum":
      return `each computed ${quorum === 2 ? "twice" : `${inWords(quorum)} times`}, by ${who}`;
    case "checker":
    case "sampled":
    case "audited":
      if (quorum > 1) return `each computed ${quorum === 2 ? "twice" : `${inWords(quorum)} times`}, by ${who}`;
      return `each computed once, and ${CHECKED[tier]} by the coordinator`;
    case "trusted":
      return "each computed once: the members of the pool are believed";
    default:
      return tier satisfies never;
  }
}

const CHECKED = { checker: "judged by a checker that is run", sampled: "in part again", audited: "again" };
