/** C5: how soon a coordinator with a million finished units is ready again, and the bytes that one keeps on disk. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { canPin } from "./child.ts";
import type { Tally } from "./crowd.ts";
import { type GoalReport, measured, ofPairs, shown, spread, undecided, unmeasured } from "./goal.ts";
import { QUORUM, submitJob } from "./job.ts";
import { checkCredit, checkJobs } from "./ledger.ts";
import { OUTPUT_BYTES } from "./results.ts";
import { pairsOf, type Stage, scaled, startCrowd, startServer, withFolder, withParts } from "./stage.ts";

const GOAL_UNITS = 1_000_000;
const BYTES_TARGET = 2 * OUTPUT_BYTES + 16;
const VOLUNTEERS = 64;
const LANES = 2;
const BATCH = 64;
/** The units must be there after so long, or the goal is not measured. */
const FILL_MS = 200_000;

export async function measureC5(stage: Stage): Promise<GoalReport> {
  const units = scaled(stage, { full: GOAL_UNITS, quick: 50_000, tiny: 300 });
  if (!canPin()) return unmeasured(1, "processes cannot be pinned to two cores here (taskset)");
  return withFolder(stage, "c5", async (folder) => {
    const data = join(folder, "full");
    stage.say(`C5: ${shown(units)} units are made by volunteers`);
    const filled = await fill(data, units);
    if (filled.final < units) return unmeasured(1, `only ${shown(filled.final)} units were final after ${FILL_MS / 1000} s`);
    const afterKill = await secondsToReady(data);
    const times = { empty: [] as number[], full: [] as number[] };
    let emptyBytes = 0;
    for (let pair = 1; pair <= pairsOf(stage); pair++) {
      const empty = join(folder, `empty-${pair}`);
      times.empty.push(await secondsToReady(empty));
      emptyBytes = await bytesIn(empty);
      await rm(empty, { recursive: true });
      times.full.push(await secondsToReady(data));
      stage.say(`C5: pair ${pair}: ready in ${shown(times.full.at(-1) ?? 0)} s, empty in ${shown(times.empty.at(-1) ?? 0)} s`);
    }
    await stillThere(data, filled);
    const bytes = ((await bytesIn(data)) - emptyBytes) / filled.final;
    const allowed = times.empty.map((seconds) => 2 * seconds + 1);
    const report = measured(
      [
        { name: "time to be ready over (2 x an empty start + 1 s)", ...ofPairs(times.full, allowed), target: 1, is: "at most" },
        { name: `bytes on disk a finished unit, at most 2 x ${OUTPUT_BYTES} + 16`, value: bytes, target: BYTES_TARGET, is: "at most" },
      ],
      [
        `ready in ${spread(times.full)} s with ${shown(filled.final)} finished units of a running job, in ${spread(times.empty)} s on an empty folder, from the start of the process to the first answer`,
        `the first start after kill -9 took ${shown(afterKill)} s`,
        `${shown(bytes)} bytes a finished unit of ${OUTPUT_BYTES} bytes, ${QUORUM} replicas included, after a clean stop`,
        `all ${shown(filled.replicas)} replicas acknowledged before kill -9 were there afterwards, and the credit`,
      ].join("; "),
    );
    return units === GOAL_UNITS ? report : undecided(report, `the goal is for ${shown(GOAL_UNITS)} units`);
  });
}

interface Filled {
  job: number;
  tallies: Tally[];
  replicas: number;
  final: number;
}

/** Has volunteers compute `units` on a coordinator that is killed right after the last answer. */
async function fill(data: string, units: number): Promise<Filled> {
  return withParts(async (parts) => {
    const server = await startServer(data);
    parts.push(() => server.process.kill());
    const job = await submitJob(server, 2 * units + 100_000);
    const crowd = await startCrowd(server.url, VOLUNTEERS);
    parts.push(() => crowd.kill());
    const tallies: Tally[] = [];
    const until = performance.now() + FILL_MS;
    let counted = { replicas: 0, final: 0 };
    while (counted.final < units && performance.now() < until) {
      const replicas = Math.max(BATCH, (units - counted.final) * QUORUM);
      tallies.push(await crowd.ask("rush", { units: BATCH, job, lanes: LANES, millis: until - performance.now(), replicas }));
      counted = await checkJobs(server, [job], tallies);
    }
    return { job, tallies, ...counted };
  });
}

/** Starts the coordinator on `data`, asks it for its jobs, and stops it in good order. */
async function secondsToReady(data: string): Promise<number> {
  const started = performance.now();
  const server = await startServer(data);
  try {
    const response = await fetch(`${server.url}/api/jobs`);
    if (!response.ok) throw new Error(`the coordinator answers ${response.status} after its start`);
    await response.arrayBuffer();
    return (performance.now() - started) / 1000;
  } finally {
    await server.process.stop();
  }
}

async function stillThere(data: string, { job, tallies }: Filled): Promise<void> {
  await withParts(async (parts) => {
    const server = await startServer(data);
    parts.push(() => server.process.stop());
    await checkCredit(server, await checkJobs(server, [job], tallies));
  });
}

async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.parentPath, entry.name))).size;
  }
  return bytes;
}
