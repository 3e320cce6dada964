/** C4: ten thousand volunteers on one process, each claiming, against a hundred at the same pace. */
import { spawnSync } from "node:child_process";
import { type Child, canPin } from "./child.ts";
import type { CrowdVerbs, PacedTally } from "./crowd.ts";
import { type GoalReport, measured, ofPairs, shown, spread, undecided, unmeasured } from "./goal.ts";
import { submitJob } from "./job.ts";
import { checkJobs } from "./ledger.ts";
import { pairsOf, type Server, type Stage, scaled, startCrowd, startServer, withFolder, withParts } from "./stage.ts";

const MEMORY_TARGET_MIB = 512;
const LATENCY_TARGET = 20;
const GOAL_VOLUNTEERS = 10_000;
const FEW = 100;
/** Volunteers of one load process. */
const CROWD = 5_000;
/** Claims a second, of all together, each with its submit: more than 10,000 volunteers with batches of 30 s ask for. */
const PER_SECOND = 400;
const BATCH = 8;
/** Files that a server has open besides its sockets. */
const SPARE_FILES = 200;

export async function measureC4(stage: Stage): Promise<GoalReport> {
  const many = scaled(stage, { full: GOAL_VOLUNTEERS, quick: 2_000, tiny: 60 });
  const few = Math.min(FEW, many / 2);
  if (!canPin()) return unmeasured(MEMORY_TARGET_MIB, "processes cannot be pinned to two cores here (taskset)");
  const files = openFiles();
  if (files < many + SPARE_FILES)
    return unmeasured(MEMORY_TARGET_MIB, `a process may open ${files} files here (ulimit -Hn), ${many + SPARE_FILES} are needed`);
  return withFolder(stage, "c4", (folder) =>
    withParts(async (parts) => {
      const open = async (name: string, count: number): Promise<Side> => {
        const server = await startServer(`${folder}/${name}`);
        parts.push(() => server.process.stop());
        const job = await submitJob(server, 100_000_000);
        const started = performance.now();
        const crowds: Child<CrowdVerbs>[] = [];
        for (let first = 0; first < count; first += CROWD) {
          const crowd = await startCrowd(server.url, Math.min(CROWD, count - first), first + 1);
          parts.push(() => crowd.stop());
          crowds.push(crowd);
        }
        return { server, job, crowds, tallies: [], joinSeconds: (performance.now() - started) / 1000 };
      };
      stage.say(`C4: ${few} volunteers join one server, ${shown(many)} another`);
      const small = await open("few", few);
      const large = await open("many", many);
      const millis = scaled(stage, { full: 8000, quick: 3000, tiny: 500 });
      const p99 = { small: [] as number[], large: [] as number[] };
      for (let pair = 0; pair <= pairsOf(stage); pair++) {
        const latency = { small: percentile(await paced(small, millis), 0.99), large: percentile(await paced(large, millis), 0.99) };
        if (pair === 0) continue; // the first claims of everybody
        p99.small.push(latency.small);
        p99.large.push(latency.large);
        stage.say(
          `C4: pair ${pair}: p99 of a claim ${shown(latency.small)} ms with ${few}, ${shown(latency.large)} ms with ${shown(many)}`,
        );
      }
      const peak = { small: await peakMiB(small), large: await peakMiB(large) };
      const counted = await checkJobs(large.server, [large.job], large.tallies);
      const report = measured(
        [
          { name: `MiB at most resident with ${shown(many)} volunteers`, value: peak.large, target: MEMORY_TARGET_MIB, is: "at most" },
          {
            name: `p99 claim latency, ${shown(many)} volunteers over ${few}`,
            ...ofPairs(p99.large, p99.small),
            target: LATENCY_TARGET,
            is: "at most",
          },
        ],
        [
          `p99 ${spread(p99.large)} ms with ${shown(many)} volunteers, ${spread(p99.small)} ms with ${few}, from when the claim was due, ${PER_SECOND} claims and submits a second by all in turn`,
          `${shown(peak.small)} MiB with ${few}`,
          `${shown(many)} joined in ${shown(large.joinSeconds)} s, each with a handshake and an account on disk`,
          `${shown(counted.replicas)} replicas acknowledged and counted`,
        ].join("; "),
      );
      return many === GOAL_VOLUNTEERS ? report : undecided(report, `the goal is for ${shown(GOAL_VOLUNTEERS)} volunteers`);
    }),
  );
}

interface Side {
  server: Server;
  job: number;
  crowds: Child<CrowdVerbs>[];
  tallies: PacedTally[];
  joinSeconds: number;
}

/** Claim latencies, ms, of everybody in turn. */
async function paced({ crowds, job, tallies }: Side, millis: number): Promise<number[]> {
  const perSecond = PER_SECOND / crowds.length;
  const done = await Promise.all(crowds.map((crowd) => crowd.ask("pace", { units: BATCH, job, perSecond, millis })));
  tallies.push(...done);
  return done.flatMap((tally) => tally.latencies);
}

async function peakMiB({ server }: Side): Promise<number> {
  return (await server.process.ask("usage", undefined)).peakRssBytes / 2 ** 20;
}

/** The value that `share` of `values` do not exceed. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  if (value === undefined) throw new RangeError("no values");
  return value;
}

/** Files that a process may open: Node raises its own limit as far as the system lets it. */
function openFiles(): number {
  const { stdout } = spawnSync("sh", ["-c", "ulimit -Hn"], { encoding: "utf8" });
  return stdout.trim() === "unlimited" ? Number.POSITIVE_INFINITY : Number(stdout);
}
