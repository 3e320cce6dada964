/** Entry: volunteers that claim and submit, as fast as they are answered or at a pace. */
import { setTimeout as sleep } from "node:timers/promises";
import { countUnits } from "../../shared/ids.ts";
import type { Verdict } from "../../shared/wire.ts";
import { answerParent } from "./child.ts";
import { Volunteer } from "./volunteer.ts";

/** Handshakes under way at a time: more would only wait in the server's queue. */
const JOINING = 64;

export interface Rush {
  /** Units a claim asks for. */
  units: number;
  /** Only this job; 0: any. */
  job: number;
  /** Claims and submits of one volunteer that are under way at a time. */
  lanes: number;
  /** No claim is begun after so many milliseconds. */
  millis: number;
  /** No claim is begun once so many replicas were assigned. */
  replicas?: number;
}

export interface Tally {
  seconds: number;
  /** Claims that were granted, each followed by one submit. */
  batches: number;
  /** Results that were submitted and acknowledged. */
  submitted: number;
  verdicts: Record<Verdict, number>;
  /** Claims that found nothing. */
  idle: number;
  /** Submits that were sent again because the server had too much to do. */
  delayed: number;
  /** CPU time of the load generator. */
  cpuMicros: number;
}

export interface Pace {
  units: number;
  job: number;
  /** Claims that begin a second, of the volunteers in turn. */
  perSecond: number;
  millis: number;
}

export interface PacedTally extends Pick<Tally, "batches" | "submitted" | "verdicts" | "idle"> {
  /** Milliseconds of each claim, from when it was due to its answer. */
  latencies: number[];
}

const volunteers: Volunteer[] = [];
/** Whose turn is next at a pace. */
let turns = 0;

const verbs = {
  /** Adds volunteers numbered from `first`. */
  async join({ url, count, first }: { url: string; count: number; first: number }): Promise<{ seconds: number }> {
    const started = performance.now();
    let next = 0;
    const joining = async () => {
      while (next < count) volunteers.push(await Volunteer.join(url, first + next++));
    };
    await Promise.all(Array.from({ length: Math.min(JOINING, count) }, joining));
    return { seconds: (performance.now() - started) / 1000 };
  },

  /** Everybody claims and submits as fast as the answers come; what is under way at the end is finished. */
  async rush(rush: Rush): Promise<Tally> {
    const tally = emptyTally();
    const cpu = process.cpuUsage();
    const started = performance.now();
    let assigned = 0;
    const lane = async (volunteer: Volunteer) => {
      while (performance.now() - started < rush.millis && assigned < (rush.replicas ?? Number.POSITIVE_INFINITY)) {
        await turn(volunteer, rush.units, rush.job, tally, (units) => {
          assigned += units;
        });
      }
    };
    await Promise.all(volunteers.flatMap((volunteer) => Array.from({ length: rush.lanes }, () => lane(volunteer))));
    tally.seconds = (performance.now() - started) / 1000;
    const used = process.cpuUsage(cpu);
    tally.cpuMicros = used.user + used.system;
    await signAll();
    return tally;
  },

  /** Claims begin at a pace, whether or not earlier ones were answered; each is followed by its submit. */
  async pace({ units, job, perSecond, millis }: Pace): Promise<PacedTally> {
    const tally = emptyTally();
    const latencies: number[] = [];
    const started = performance.now();
    const running: Promise<unknown>[] = [];
    const count = Math.floor((perSecond * millis) / 1000);
    while (running.length < count) {
      const now = performance.now() - started;
      for (let due = dueAt(running.length, perSecond); due <= now && running.length < count; due = dueAt(running.length, perSecond)) {
        const volunteer = volunteers[turns++ % volunteers.length] as Volunteer;
        running.push(turn(volunteer, units, job, tally, () => latencies.push(performance.now() - started - due)));
      }
      await sleep(1);
    }
    await Promise.all(running);
    await signAll();
    const { batches, submitted, verdicts, idle } = tally;
    return { batches, submitted, verdicts, idle, latencies };
  },

  leave(): void {
    for (const volunteer of volunteers.splice(0)) volunteer.leave();
  },
};
export type CrowdVerbs = typeof verbs;

/** What is not signed yet: nothing is in escrow then but what is not verified. */
async function signAll(): Promise<void> {
  for (const volunteer of volunteers) await volunteer.sign();
}

/** When the claim of this number is due at a pace, ms from the start. */
function dueAt(index: number, perSecond: number): number {
  return (index * 1000) / perSecond;
}

/** One claim and its submit. `onClaimed` is told how many units the claim was answered by. */
async function turn(volunteer: Volunteer, units: number, job: number, tally: Tally, onClaimed: (units: number) => void): Promise<void> {
  const answer = await volunteer.claim(units, job);
  onClaimed(answer.type === "assignment" ? countUnits(answer.runs) : 0);
  if (answer.type === "idle") {
    tally.idle++;
    await sleep(Math.min(answer.retryMs, 50));
    return;
  }
  if (answer.type !== "assignment") throw new Error(`a claim was answered by ${JSON.stringify(answer)}`);
  const verdicts = await volunteer.submit(answer, () => {
    tally.delayed++;
  });
  tally.batches++;
  tally.submitted += verdicts.length;
  for (const verdict of verdicts) tally.verdicts[verdict]++;
}

function emptyTally(): Tally {
  const verdicts = { recorded: 0, duplicate: 0, late: 0, wanted: 0, refused: 0 };
  return { seconds: 0, batches: 0, submitted: 0, verdicts, idle: 0, delayed: 0, cpuMicros: 0 };
}

answerParent(verbs, verbs.leave);
