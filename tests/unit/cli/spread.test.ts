/** A picture's owner is told which values its units have, and the range that draws them. */
import { expect, it } from "vitest";
import { measured, plainSpread, spreadsOf, spreadWords } from "../../../server/cli/spread.ts";
import type { Dtype, JobPlan } from "../../../shared/plan.ts";
import type { SourceUnit } from "../../../shared/reduce/pieces.ts";
import { frame } from "../../../shared/result.ts";

const planOf = (dtype: Dtype, width: number, bytes: number): JobPlan => {
  const output = (name: string, reduce: object) => ({ name, buffer: 0, dtype, shape: [1, width], byteLength: width * bytes, reduce });
  return {
    outputs: [output("total", { kind: "concat" }), output("tile", { kind: "image", columns: 2, range: [0, 600], scale: "linear" })],
  } as unknown as JobPlan;
};

/** The spreads of units whose picture has these bytes; each unit's other output is as long. */
const seen = async (plan: JobPlan, tiles: readonly (Uint8Array | null)[]) => {
  const spreads = spreadsOf(plan);
  async function* source(): AsyncGenerator<SourceUnit> {
    for (const [unit, tile] of tiles.entries()) yield { unit, bytes: tile && frame([new Uint8Array(tile.byteLength).fill(255), tile]) };
  }
  const passed: number[] = [];
  for await (const { unit } of measured(plan, spreads, source())) passed.push(unit);
  expect(passed).toEqual(tiles.map((_, unit) => unit));
  return spreads;
};
const bytesOf = ({ buffer }: { buffer: ArrayBufferLike }) => new Uint8Array(buffer);

it("of all units, holes left out, of the picture alone", async () => {
  const tiles = [bytesOf(Uint32Array.of(40, 12)), null, bytesOf(Uint32Array.of(590, 41))];
  const [spread, ...more] = await seen(planOf("u32", 2, 4), tiles);
  expect(more).toEqual([]);
  expect(spread && spreadWords(spread, "these 3 units")).toBe(
    'The values of tile go from 12 to 590 in these 3 units, its range is [0, 600]: "range": [12, 590] in job.json gives these two the first and the last colour.',
  );
});

it("says so where the range is theirs, where there is one value, and where there is none", async () => {
  const words = async (...values: number[]) => {
    const [spread] = await seen(planOf("f32", values.length, 4), [bytesOf(Float32Array.from(values))]);
    return spread && spreadWords(spread, "all units");
  };
  expect(await words(0, 600, Number.NaN)).toBe("The values of tile go from 0 to 600 in all units, as its range says.");
  expect(await words(7, 7)).toBe("The values of tile go from 7 to 7 in all units: a picture of one colour.");
  expect(await words(Number.NaN, Number.NaN)).toBe("tile of all units has no number to draw.");
});

it("has 64-bit values as decimal strings in JSON", async () => {
  const [spread] = await seen(planOf("i64", 2, 8), [bytesOf(BigInt64Array.of(-5n, 2n ** 60n))]);
  expect(spread && plainSpread(spread)).toEqual({ output: "tile", range: [0, 600], values: ["-5", "1152921504606846976"] });
});
