/** C3: what a unit costs in a job of 10^8 units against jobs of 10^4: CPU time of the server, and its memory. */
import { canPin } from "./child.ts";
import type { Tally } from "./crowd.ts";
import { type GoalReport, measured, ofPairs, shown, spread, unmeasured } from "./goal.ts";
import { submitJob } from "./job.ts";
import { checkCredit, checkJobs } from "./ledger.ts";
import { pairsOf, type Server, type Stage, scaled, startCrowd, startServer, withFolder, withParts } from "./stage.ts";

const CPU_TARGET = 1.1;
const MEMORY_TARGET = 1.2;
const SMALL_UNITS = 10_000;
const LARGE_UNITS = 100_000_000;
const BATCH = 32;
/** Few, so that a small job's last units, which are dealt out in smaller batches, are never reached. */
const VOLUNTEERS = 16;
const LANES = 1;

export async function measureC3(stage: Stage): Promise<GoalReport> {
  if (!canPin()) return unmeasured(CPU_TARGET, "processes cannot be pinned to two cores here (taskset)");
  return withFolder(stage, "c3", (folder) =>
    withParts(async (parts) => {
      // Of 20,000 replicas of a small job; a new job each time.
      const replicas = scaled(stage, { full: 16_000, quick: 8_000, tiny: 400 });
      const jobsAPair = scaled(stage, { full: 3, quick: 1, tiny: 1 });
      const rounds = (pairsOf(stage) + 1) * jobsAPair;
      const open = async (name: string, jobs: number, units: number, first: number): Promise<Side> => {
        const server = await startServer(`${folder}/${name}`, ["--expose-gc"]);
        parts.push(() => server.process.stop());
        const ids: number[] = [];
        while (ids.length < jobs) ids.push(await submitJob(server, units));
        const crowd = await startCrowd(server.url, VOLUNTEERS, first);
        parts.push(() => crowd.stop());
        return { server, jobs: ids, next: 0, crowd, tallies: [] };
      };
      stage.say(`C3: ${rounds} jobs of ${shown(SMALL_UNITS)} units and one of ${shown(LARGE_UNITS)}`);
      const small = await open("small", rounds, SMALL_UNITS, 1);
      const large = await open("large", 1, LARGE_UNITS, VOLUNTEERS + 1);

      const costs = { small: [] as number[], large: [] as number[] };
      for (let pair = 0; pair <= pairsOf(stage); pair++) {
        const cost = { small: await costOf(small, replicas, jobsAPair), large: await costOf(large, replicas, jobsAPair) };
        if (pair === 0) continue; // both were warming up
        costs.small.push(cost.small);
        costs.large.push(cost.large);
        stage.say(`C3: pair ${pair}: ${shown(cost.small)} µs a replica in small jobs, ${shown(cost.large)} µs in the large one`);
      }
      const memory = { small: await memoryOf(small), large: await memoryOf(large) };
      for (const { server, jobs, tallies } of [small, large]) await checkCredit(server, await checkJobs(server, jobs, tallies));
      const ratio = memory.large / memory.small;
      return measured(
        [
          { name: "CPU time a replica, 10^8 units over 10^4", ...ofPairs(costs.large, costs.small), target: CPU_TARGET, is: "at most" },
          { name: "memory after the same work, 10^8 units over 10^4", value: ratio, target: MEMORY_TARGET, is: "at most" },
        ],
        [
          `${spread(costs.large)} µs of CPU a replica in the job of 10^8 units, ${spread(costs.small)} in jobs of 10^4, claims and submits in batches of ${BATCH}`,
          `batches had ${shown(meanBatch(large))} and ${shown(meanBatch(small))} units on average`,
          `resident after collection ${shown(memory.large / 2 ** 20)} and ${shown(memory.small / 2 ** 20)} MiB, ${shown(submitted(large))} and ${shown(submitted(small))} replicas`,
        ].join("; "),
      );
    }),
  );
}

interface Side {
  server: Server;
  jobs: number[];
  /** Index in `jobs` of the one that is next; the last is used on. */
  next: number;
  crowd: Awaited<ReturnType<typeof startCrowd>>;
  tallies: Tally[];
}

/** Microseconds of CPU a replica, over as many rushes. */
async function costOf(side: Side, replicas: number, rushes: number): Promise<number> {
  let micros = 0;
  let recorded = 0;
  for (let i = 0; i < rushes; i++) {
    const job = side.jobs[Math.min(side.next++, side.jobs.length - 1)] ?? 0;
    const before = await side.server.process.ask("usage", undefined);
    const tally = await side.crowd.ask("rush", { units: BATCH, job, lanes: LANES, millis: Number.MAX_SAFE_INTEGER, replicas });
    const after = await side.server.process.ask("usage", undefined);
    side.tallies.push(tally);
    micros += after.cpuMicros - before.cpuMicros;
    recorded += tally.verdicts.recorded;
  }
  return micros / recorded;
}

async function memoryOf({ server }: Side): Promise<number> {
  return (await server.process.ask("collected", undefined)).rssBytes;
}

function meanBatch(side: Side): number {
  return submitted(side) / side.tallies.reduce((total, { batches }) => total + batches, 0);
}

function submitted({ tallies }: Side): number {
  return tallies.reduce((total, tally) => total + tally.submitted, 0);
}
