import type { JobState } from "../../shared/api.ts";
import { holdDue } from "./audit.ts";
import type { JobSpec } from "./events.ts";
import { addJob, endIfOver, settle } from "./job.ts";
import { noteOpen } from "./standing.ts";
import { beginAt, type CoreState, type Job } from "./state.ts";
import { openUnder } from "./statement.ts";
import { isOver, type JobHistory, type JobTally } from "./store.ts";
import { addReplica, conclude, openUnit } from "./verify.ts";
import { Work } from "./work.ts";

/**
 * Takes up a job where the store left it: final and failed units, votes and wanted bytes are as they were. Leases are lost,
 * their tokens still count. Of a job that is over `tally` and the failed units are all that is looked at. Returns what the step would: operations that a crash has cut off (say, a job whose last unit is
 * final and that is not done yet).
 */
export function restoreJob(
  state: CoreState,
  spec: JobSpec,
  jobState: JobState,
  history: JobHistory,
  tally: JobTally,
  now: number,
  draw: string,
): Work["effects"] {
  const work = new Work(now, draw);
  beginAt(state, now);
  const job = addJob(state, spec, jobState);
  settle(job, now);
  if (isOver(job)) job.pages.endAll(tally.final, history.failed);
  else {
    for (const run of history.final) job.pages.endRun(run);
    for (const unit of history.failed) job.pages.end(unit, "failed");
  }
  job.counted = tally.counted;
  job.refused = tally.refused;
  job.recorded = tally.recorded;
  job.audited = tally.audited;
  job.checked = tally.checked;
  job.checkedSlices = tally.checkedSlices;
  job.gpuMicros = tally.gpuMicros;
  if (!isOver(job)) restoreVotes(state, job, history, work);
  endIfOver(state, job, work);
  return work.effects;
}

function restoreVotes(state: CoreState, job: Job, history: JobHistory, work: Work): void {
  const counted = job.counted;
  for (const row of history.open) {
    const open = openUnit(job, row.unit);
    const { account, cluster, site, digest, status, credit, statement, at } = row;
    const replica = addReplica(
      state,
      job,
      open,
      { account, cluster, site, digest, status, credit, statement, assignedAt: at, lateAt: null },
      at,
    );
    if (row.hasBytes && !open.withBytes.includes(digest)) open.withBytes.push(digest);
    // Whoever could have been asked for bytes may still bring them.
    noteOpen(state, job, row, 1);
    openUnder(state, statement, row.signed);
    if (row.struck) replica.counted = false;
    replica.asked = status === "ok" && !row.hasBytes;
  }
  job.counted = counted;
  const due = new Set(history.due);
  for (const [unit, open] of job.open) {
    if (due.has(unit) && open.ruling === null && open.hold === "none") holdDue(job, open, work.now);
  }
  // Which votes came late is not kept: two that made no quorum with each other before may be one now.
  for (const [unit, open] of job.open) conclude(state, job, unit, open, work);
}
