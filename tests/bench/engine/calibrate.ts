/** Finds how many rounds make a unit, or a workgroup, take a wanted time on the device of a tab. */
import { type Stage, scaled } from "../stage.ts";
import type { Work } from "./kernel.ts";
import type { Tab } from "./stage.ts";

const FIRST_ROUNDS = 50;
const MOST_ROUNDS = 50_000_000;
/** Each try measures with what the last one found. */
const TRIES = 3;
const LEAST_UNITS = 4;

/** Work of these workgroups whose unit takes about `millis` in a bare loop. */
export async function workOf(stage: Pick<Stage, "scale">, tab: Tab, workgroups: Work["workgroups"], millis: number): Promise<Work> {
  const seconds = scaled(stage, { full: 0.7, quick: 0.5, tiny: 0.05 });
  let rounds = FIRST_ROUNDS;
  for (let turn = 0; turn < TRIES; turn++) {
    const rate = await tab.ask("bare", { work: { workgroups, rounds }, seconds, least: LEAST_UNITS });
    const found = (1000 * rate.seconds) / rate.units;
    rounds = Math.max(1, Math.min(MOST_ROUNDS, Math.round((rounds * millis) / found)));
  }
  return { workgroups, rounds };
}
