import { expect, it } from "vitest";
import { JobPicture } from "../../../server/http/picture.ts";
import { RunningAnswer } from "../../../server/http/running.ts";
import type { UnitIndex } from "../../../shared/ids.ts";
import type { Reduce } from "../../../shared/plan.ts";
import { frame } from "../../../shared/result.ts";
import { planOf } from "../gateway/network.ts";

const ELEMENTS = 512 * 512;
const wide = frame([new Uint8Array(Uint32Array.from({ length: ELEMENTS }, (_, i) => i).buffer)]);

/** How often the event loop came round while `work` was done. */
async function turnsOf(work: () => Promise<void>): Promise<number> {
  let turns = 0;
  let handle = setImmediate(function again() {
    turns++;
    handle = setImmediate(again);
  });
  await work();
  clearImmediate(handle);
  return turns;
}

it("a running answer of very wide results lets others have their turn, and is the sum", async () => {
  const answer = RunningAnswer.of(planOf(2, ELEMENTS));
  if (!answer) throw new Error("sums have a running answer");
  expect(await turnsOf(async () => answer.unit(0 as UnitIndex, wide))).toBeGreaterThan(3);
  await answer.unit(1 as UnitIndex, wide);
  expect(answer.text).toBe(String(ELEMENTS * (ELEMENTS - 1)));
});

it("so does the square of a very large picture", async () => {
  const plan = planOf(1, ELEMENTS);
  const output = plan.outputs[0];
  if (!output) throw new Error("the plan has an output");
  const reduce: Reduce = { kind: "image", columns: 1, range: [0, ELEMENTS], scale: "linear" };
  const picture = new JobPicture({ ...plan, outputs: [{ ...output, shape: [512, 512], reduce }] }, 0);
  expect(await turnsOf(async () => picture.unit(0 as UnitIndex, wide))).toBeGreaterThan(1);
});
