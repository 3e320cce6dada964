/** E7: bytes that two volunteers send for a unit of an exact job with outputs of 64 KiB, against sending every output. */
import { type GoalReport, measured, shown } from "../goal.ts";
import { statusOf } from "../job.ts";
import { scaled } from "../stage.ts";
import { WORDS, type Work } from "./kernel.ts";
import type { EngineStage, Site } from "./stage.ts";

const TARGET = 0.55;
const WORK: Work = { workgroups: [256, 1], rounds: 20 };
const QUORUM = 2;
const PATIENCE_MS = 30_000;

export async function measureE7(stage: EngineStage, site: Site): Promise<GoalReport> {
  const units = scaled(stage, { full: 400, quick: 200, tiny: 8 });
  const job = await site.submit(WORK, units);
  const given = { origin: site.server.url, job, person: "idle" } as const;
  const tabs = await Promise.all([1, 2].map(async () => site.openTab(await site.browser.createBrowserContext())));
  const sent = await Promise.all(tabs.map((tab) => tab.ask("sent", { given, units })));
  const end = Date.now() + PATIENCE_MS;
  while ((await statusOf(site.server, job)).state !== "done") {
    if (Date.now() > end) throw new Error("the job was not done by the two volunteers");
    await new Promise((later) => setTimeout(later, 200));
  }
  const { replicas } = await statusOf(site.server, job);
  const bytes = sent.reduce((sum, part) => sum + part, 0);
  return measured(
    [
      {
        name: "bytes sent over those of all outputs, quorum 2, 64 KiB each",
        value: bytes / (QUORUM * units * 4 * WORDS),
        target: TARGET,
        is: "at most",
      },
    ],
    `${shown(bytes / units)} bytes a unit, frames and bodies, of ${shown(QUORUM * 4 * WORDS)}; ${units} units, ${replicas.counted} replicas counted`,
  );
}
