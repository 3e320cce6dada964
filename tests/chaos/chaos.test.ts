/** The short version of `npm run chaos`: a few deaths of the real coordinator in a process of its own. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Campaign } from "./campaign.ts";
import { bundle } from "./child.ts";
import { KILLS } from "./faults.ts";
import { generator } from "./random.ts";

const SEED = 11;
const FAULTS = [
  "kill at random",
  "kill after-commit",
  "kill in the middle of a PUT",
  "kill between a blob's rename and its commit",
  "drain by SIGTERM",
];

let built: Awaited<ReturnType<typeof bundle>>;
beforeAll(async () => {
  built = await bundle();
});
afterAll(() => built.remove());

it("keeps every promise over kills and a drain, counts each replica once, and ends with the reference's results", async () => {
  const campaign = await Campaign.open(built.entry, generator(SEED));
  try {
    for (const name of FAULTS) {
      const fault = KILLS.find((candidate) => candidate.name === name);
      if (!fault) throw new Error(`there is no fault ${name}`);
      await campaign.cycle(fault);
    }
    await campaign.finish();
    const { findings, missed, acknowledged, cycles } = campaign.report;
    expect(findings).toEqual({ lost: [], double: [], broken: [] });
    expect(missed).toEqual([]);
    expect(cycles).toBe(FAULTS.length);
    expect(acknowledged).toBeGreaterThan(600);
  } finally {
    await campaign.close();
  }
}, 240_000);
