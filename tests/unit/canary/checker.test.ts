/** What the canary makes of a checker: of one that can be believed, and of some that cannot. */
import { expect, it } from "vitest";
import { tried } from "../../../client/canary/checker.ts";
import { EngineError } from "../../../client/engine/engine-error.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { frame } from "../../../shared/result.ts";

const BYTES = 12;
const plan = {
  outputs: [
    { name: "roots", byteLength: 8 },
    { name: "signs", byteLength: BYTES - 8 },
  ],
} as JobPlan;
const right = (index: number) => frame([Uint8Array.from({ length: 8 }, (_, at) => at + index + 1), new Uint8Array(BYTES - 8).fill(7)]);
const known = [0, 5, 9].map((index) => ({ input: { index }, bytes: right(index) }));

function found(accepts: (result: Uint8Array, index: number) => boolean) {
  let seed = 1;
  const below = (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
    return (seed >> 8) % limit;
  };
  const checker = {
    accepts: async ({ index }: { index: number }, result: Uint8Array) => ({ isAccepted: accepts(result, index), gpuMicros: 30 + index }),
  };
  return tried(checker, plan, known, below);
}
const isRight = (result: Uint8Array, index: number) => right(index).every((byte, at) => byte === result[at]);
/** Bytes of the second output begin here. */
const SIGNS = 8 + 8 + 8;

it("one that accepts what is right and nothing else is believed, for what it takes", async () => {
  expect(await found(isRight)).toEqual({ checker: { micros: 30, tried: 48, missed: 0 } });
});

it("what it does not look at is counted", async () => {
  const { checker } = await found((result, index) =>
    isRight(
      Uint8Array.from(result, (byte, at) => (at < SIGNS ? byte : 7)),
      index,
    ),
  );
  // A third of the bits.
  expect(checker?.tried).toBe(48);
  expect(checker?.missed).toBeGreaterThan(5);
  expect(checker?.missed).toBeLessThan(30);
});

it.each([
  ["refuses what is right", (result: Uint8Array, index: number) => index !== 5 && isRight(result, index), /refuses what unit 5 comes to/],
  [
    "accepts zeros",
    (result: Uint8Array, index: number) => isRight(result, index) || isZero(result),
    /accepts zeros as the result of unit 0/,
  ],
  ["accepts anything", () => true, /accepts zeros/],
  ["accepts all but zeros", (result: Uint8Array) => !isZero(result), /accepts noise as the result of unit 0/],
])("one that %s is not", async (_, accepts, why) => {
  expect(await found(accepts)).toEqual({ unchecked: expect.stringMatching(why) });
});

function isZero(result: Uint8Array): boolean {
  return result.subarray(8, 16).every((byte) => byte === 0) && result.subarray(SIGNS).every((byte) => byte === 0);
}

it("one that does not end is not, nor is it believed to be the GPU's fault", async () => {
  const endless = () => {
    throw new EngineError("endless", "A dispatch did not end.");
  };
  expect(await found(endless)).toEqual({
    verdict: "opaque",
    why: "Its checker does not end.",
    unchecked: "It does not end. A dispatch did not end.",
  });
  const lost = () => {
    throw new EngineError("device-lost", "It is gone.");
  };
  await expect(found(lost)).rejects.toMatchObject({ code: "device-lost" });
});

it("zeros that are right are no sign of anything", async () => {
  const zeros = frame([new Uint8Array(8), new Uint8Array(BYTES - 8)]);
  const checker = { accepts: async (_: unknown, result: Uint8Array) => ({ isAccepted: isZero(result), gpuMicros: 1 }) };
  const below = (limit: number) => Math.floor(Math.random() * limit);
  expect(await tried(checker, plan, [{ input: { index: 0 }, bytes: zeros }], below)).toHaveProperty("checker");
});
