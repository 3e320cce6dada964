/** C2: units in batches of one, each a claim and a submit, against half of what a bare Socket.IO echoes. */
import type { CallerVerbs } from "./callers.ts";
import { Child, CLIENT_CORE, canPin, SERVER_CORE } from "./child.ts";
import type { Tally } from "./crowd.ts";
import { fdatasyncRate } from "./disk.ts";
import type { EchoVerbs } from "./echo.ts";
import { type GoalReport, measured, ofPairs, shown, spread, unmeasured } from "./goal.ts";
import { submitJob } from "./job.ts";
import { checkCredit, checkJobs } from "./ledger.ts";
import { pairsOf, type Stage, scaled, startCrowd, startServer, withFolder, withParts } from "./stage.ts";

const TARGET = 0.7;
/** Enough volunteers that none comes near the claims a second that one account may make; a submit waits for the disk, the next unit must not. */
export const C2_LOAD = { volunteers: 400, lanes: 2, units: 1 };
const JOB_UNITS = 100_000_000;

export async function measureC2(stage: Stage): Promise<GoalReport> {
  if (!canPin()) return unmeasured(TARGET, "processes cannot be pinned to two cores here (taskset)");
  return withFolder(stage, "c2", (folder) =>
    withParts(async (parts) => {
      const echo = await Child.start<EchoVerbs>("echo", { core: SERVER_CORE });
      parts.push(() => echo.stop());
      const callers = await Child.start<CallerVerbs>("callers", { core: CLIENT_CORE });
      parts.push(() => callers.stop());
      const { lanes, units } = C2_LOAD;
      const volunteers = scaled(stage, { full: C2_LOAD.volunteers, quick: C2_LOAD.volunteers, tiny: 16 });
      await callers.ask("join", { ...(await echo.ask("address", undefined)), count: volunteers });
      const server = await startServer(`${folder}/data`);
      parts.push(() => server.process.stop());
      const job = await submitJob(server, JOB_UNITS);
      const crowd = await startCrowd(server.url, volunteers);
      parts.push(() => crowd.stop());

      const millis = scaled(stage, { full: 3000, quick: 1500, tiny: 100 });
      const load = { units, job, lanes, millis };
      stage.say("C2: warming up both");
      const tallies: Tally[] = [await crowd.ask("rush", load)];
      await callers.ask("call", { lanes, millis });
      const ours: number[] = [];
      const limits: number[] = [];
      const micros: number[] = [];
      const disk: number[] = [];
      for (let pair = 1; pair <= pairsOf(stage); pair++) {
        disk.push(fdatasyncRate(folder, 200));
        const before = await server.process.ask("usage", undefined);
        const tally = await crowd.ask("rush", load);
        const after = await server.process.ask("usage", undefined);
        const calls = await callers.ask("call", { lanes, millis });
        tallies.push(tally);
        micros.push((after.cpuMicros - before.cpuMicros) / tally.verdicts.recorded);
        ours.push(tally.verdicts.recorded / tally.seconds);
        limits.push(calls.roundTrips / calls.seconds);
        stage.say(`C2: pair ${pair}: ${shown(ours.at(-1) ?? 0)} units/s, echo ${shown(limits.at(-1) ?? 0)} round trips/s`);
      }
      const acknowledged = await checkJobs(server, [job], tallies);
      await checkCredit(server, acknowledged);
      const halves = limits.map((rate) => rate / 2);
      return measured(
        [
          {
            name: "units/s in batches of one over half the echo's round trips/s",
            ...ofPairs(ours, halves),
            target: TARGET,
            is: "at least",
          },
        ],
        [
          `${spread(ours)} units/s, each a claim and a submit, durable before it is answered, ${volunteers} sockets with ${lanes} under way each`,
          `server ${spread(micros)} µs of the processor a unit`,
          `Socket.IO echoes ${spread(limits)} binary frames of 200 bytes a second with acknowledgement, same sockets, same parser`,
          `the disk makes ${spread(disk)} fdatasyncs/s`,
          `${shown(acknowledged.replicas)} replicas acknowledged, ${shown(acknowledged.final)} units final: they and the credit add up`,
        ].join("; "),
      );
    }),
  );
}
