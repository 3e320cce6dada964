/** C1: replicas received, compared and durable, in batches of 32, against the jobs that BullMQ completes on a Redis as durable. */
import { createRequire } from "node:module";
import type { BullVerbs } from "./bullmq.ts";
import { Child, CLIENT_CORE, canPin } from "./child.ts";
import type { CrowdVerbs, Rush, Tally } from "./crowd.ts";
import { fdatasyncRate } from "./disk.ts";
import { type GoalReport, measured, median, ofPairs, shown, spread, unmeasured } from "./goal.ts";
import { statusOf, submitJob } from "./job.ts";
import { checkCredit, checkJobs } from "./ledger.ts";
import { REDIS_SETTINGS, Redis, redisVersion } from "./redis.ts";
import { pairsOf, type Server, type Stage, scaled, startCrowd, startServer, withFolder, withParts } from "./stage.ts";

const TARGET = 20;
const JOB_UNITS = 100_000_000;
/** A volunteer fetches its next batch while the last is on its way, as the donor does. */
export const C1_LOAD = { volunteers: 64, lanes: 2, units: 32 };
/** The peer is given the best of these. */
const CONCURRENCIES = [16, 64, 256] as const;

export async function measureC1(stage: Stage): Promise<GoalReport> {
  const redis = redisVersion();
  if (redis === null) return unmeasured(TARGET, "there is no redis-server for BullMQ here");
  if (!canPin()) return unmeasured(TARGET, "processes cannot be pinned to two cores here (taskset)");
  return withFolder(stage, "c1", (folder) =>
    withParts(async (parts) => {
      const peer = await openPeer(folder, parts);
      const server = await startServer(`${folder}/data`);
      parts.push(() => server.process.stop());
      const job = await submitJob(server, JOB_UNITS);
      const crowd = await startCrowd(server.url, C1_LOAD.volunteers);
      parts.push(() => crowd.stop());

      const jobs = scaled(stage, { full: 20_000, quick: 10_000, tiny: 500 });
      const millis = scaled(stage, { full: 3000, quick: 2000, tiny: 100 });
      const { units, lanes, volunteers } = C1_LOAD;
      const load = { units, job, lanes };
      stage.say("C1: warming up both");
      const tallies: Tally[] = await warmUp(stage, server, crowd, { ...load, millis, volunteers });
      const warm = await statusOf(server, job);
      const concurrency = await bestConcurrency(peer, jobs / 2);
      const seen: {
        ours: number[];
        micros: number[];
        theirs: number[];
        adds: number[];
        disk: number[];
        serverBusy: number[];
        loadBusy: number[];
      } = {
        ...{ ours: [], micros: [], theirs: [], adds: [], disk: [], serverBusy: [], loadBusy: [] },
      };
      for (let pair = 1; pair <= pairsOf(stage); pair++) {
        seen.disk.push(fdatasyncRate(folder, 200));
        const before = await server.process.ask("usage", undefined);
        const tally = await crowd.ask("rush", { ...load, millis });
        const after = await server.process.ask("usage", undefined);
        tallies.push(tally);
        const added = await peer.ask("add", { count: jobs });
        const completed = await peer.ask("complete", { count: jobs, concurrency });
        seen.ours.push(tally.verdicts.recorded / tally.seconds);
        seen.micros.push((after.cpuMicros - before.cpuMicros) / tally.verdicts.recorded);
        seen.theirs.push(jobs / completed.seconds);
        seen.adds.push(jobs / added.seconds);
        seen.serverBusy.push((after.cpuMicros - before.cpuMicros) / (after.atMicros - before.atMicros));
        seen.loadBusy.push(tally.cpuMicros / 1e6 / tally.seconds);
        stage.say(`C1: pair ${pair}: ${shown(seen.ours.at(-1) ?? 0)} replicas/s, BullMQ ${shown(seen.theirs.at(-1) ?? 0)} jobs/s`);
      }
      const acknowledged = await checkJobs(server, [job], tallies);
      await checkCredit(server, acknowledged);
      const rounds = tallies.slice(-pairsOf(stage)).reduce((total, { verdicts }) => total + verdicts.recorded, 0);
      return measured(
        [{ name: "replicas/s over BullMQ's completed jobs/s", ...ofPairs(seen.ours, seen.theirs), target: TARGET, is: "at least" }],
        [
          `${spread(seen.ours)} replicas/s, quorum 2, 64-byte outputs, batches of ${units}, ${volunteers} volunteers`,
          `${shown(rounds / (acknowledged.final - warm.units.final))} replicas came for each unit that became final meanwhile`,
          `server ${spread(seen.micros)} µs of the processor a replica, ${percent(seen.serverBusy)} of a core, load generator ${percent(seen.loadBusy)} of the other`,
          `BullMQ ${packageVersion("bullmq")} completes ${spread(seen.theirs)} jobs/s and adds ${spread(seen.adds)}/s (concurrency ${concurrency}, the best of ${CONCURRENCIES.join(", ")}, Redis ${redis}, ${REDIS_SETTINGS})`,
          `the disk makes ${spread(seen.disk)} fdatasyncs/s`,
          `${shown(acknowledged.replicas)} replicas acknowledged, ${shown(acknowledged.final)} units final: they and the credit add up`,
        ].join("; "),
      );
    }),
  );
}

/** Works until as many units are final as all volunteers hold: from then on replicas are compared as fast as they come. */
export async function warmUp(
  stage: Stage,
  server: Server,
  crowd: Child<CrowdVerbs>,
  load: Rush & { volunteers: number },
): Promise<Tally[]> {
  const enough = scaled(stage, { full: 1, quick: 1, tiny: 0 }) * load.volunteers * load.lanes * load.units;
  const tallies: Tally[] = [];
  do tallies.push(await crowd.ask("rush", load));
  while ((await statusOf(server, load.job)).units.final < enough);
  return tallies;
}

async function openPeer(folder: string, parts: { push(close: () => Promise<void>): void }): Promise<Child<BullVerbs>> {
  const redis = await Redis.start(folder);
  parts.push(() => redis.stop());
  const peer = await Child.start<BullVerbs>("bullmq", { core: CLIENT_CORE, input: { port: redis.port } });
  parts.push(() => peer.stop());
  return peer;
}

async function bestConcurrency(peer: Child<BullVerbs>, count: number): Promise<number> {
  let best = { concurrency: 1, seconds: Number.POSITIVE_INFINITY };
  for (const concurrency of CONCURRENCIES) {
    await peer.ask("add", { count });
    const { seconds } = await peer.ask("complete", { count, concurrency });
    if (seconds < best.seconds) best = { concurrency, seconds };
  }
  return best.concurrency;
}

function percent(shares: readonly number[]): string {
  return `${Math.round(median(shares) * 100)} %`;
}

function packageVersion(name: string): string {
  return (createRequire(import.meta.url)(`${name}/package.json`) as { version: string }).version;
}
