/** Kernels in a few lines of JavaScript: which of their slices are a sample of a unit, and what some of them write. */
import { describe, expect, it } from "vitest";
import { type RunBoxes, rangesOf, Sampler } from "../../../client/canary/sampler.ts";
import { survey } from "../../../client/canary/survey.ts";
import type { Engine, WorkgroupBox } from "../../../client/engine/seam.ts";
import { partition } from "../../../client/engine/slices.ts";
import { bytesWritten, countSlices } from "../../../shared/canary.ts";
import { bytesIn } from "../../../shared/checks.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { frame } from "../../../shared/result.ts";

const WORDS = 24;

/** One workgroup of a kernel, on the words of its output. */
type Kernel = (workgroup: number, words: Uint32Array, unit: number) => void;

interface Made {
  sampler: Sampler;
  units: { input: { index: number }; bytes: Uint8Array }[];
  /** How often boxes were run. */
  runs: () => number;
}

let seed = 1;
const below = (limit: number) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed % limit;
};

function made(
  kernel: Kernel,
  workgroups = 12,
  { padding, start }: { padding?: JobPlan["outputs"][number]["padding"]; start?: number } = {},
): Made {
  const plan = {
    outputs: [{ byteLength: 4 * WORDS, ...(padding ? { padding } : {}) }],
    requires: { features: [], limits: {} },
  } as unknown as JobPlan;
  let runs = 0;
  const run: RunBoxes = async ({ index }, [begun = new Uint8Array()], boxes) => {
    runs++;
    const words = new Uint32Array(begun.slice().buffer);
    for (const { from, size } of boxes) for (let at = from[0]; at < from[0] + size[0]; at++) kernel(at, words, index);
    return frame([new Uint8Array(words.buffer)]);
  };
  const slices = partition([workgroups, 1, 1], 2048);
  const sampler = new Sampler({ plan } as Engine, slices, run, start === undefined ? below : () => start);
  const units = [3, 8, 11].map((index) => {
    const words = new Uint32Array(WORDS);
    for (let at = 0; at < workgroups; at++) kernel(at, words, index);
    return { input: { index }, bytes: frame([new Uint8Array(words.buffer)]) };
  });
  return { sampler, units, runs: () => runs };
}

const pure: Kernel = (workgroup, words, unit) => {
  for (const at of [2 * workgroup, 2 * workgroup + 1]) words[at] = Math.imul(unit + 1, at + 77);
};

describe("slices are a sample of a unit", () => {
  it("where each byte is written by one of them, and how much each writes is known from then on", async () => {
    const { sampler, units } = made((workgroup, words, unit) => {
      pure(workgroup, words, unit);
      if (workgroup === 11) words[23] = 5;
    });
    expect(await survey(sampler, units, below)).toEqual({ slices: [[12, 8]] });
    const uneven = made((workgroup, words) => words.fill(workgroup + 1, workgroup === 0 ? 0 : 2 + 2 * workgroup, 4 + 2 * workgroup), 11);
    expect(await survey(uneven.sampler, uneven.units, below)).toEqual({
      slices: [
        [1, 16],
        [10, 8],
      ],
    });
    const one = made((_, words) => words.fill(7), 1);
    expect(await survey(one.sampler, one.units, below)).toEqual({ slices: [[1, 96]] });
  });

  it("and not where bytes are nobody's, several slices', or another number in another unit", async () => {
    const why = async (kernel: Kernel) => {
      const { sampler, units } = made(kernel);
      const found = await survey(sampler, units, below);
      return "unsampled" in found ? found.unsampled : "";
    };
    expect(await why((workgroup, words) => words.fill(1, workgroup, workgroup + 1))).toContain("by no slice");
    expect(await why((workgroup, words) => words.fill(9, 2 * workgroup, 2 * workgroup + 3))).toContain("by several slices");
    expect(
      await why((workgroup, words, unit) => {
        pure(workgroup, words, unit);
        // Somebody who answers this unit could write what they like there.
        if (unit === 8 && workgroup === 5) words[10] = 0;
      }),
    ).toBe("");
    expect(
      await why((workgroup, words, unit) => {
        if (unit !== 8 || workgroup !== 5) pure(workgroup, words, unit);
      }),
    ).toContain("is another in unit 8");
  });
});

describe("what some slices write", () => {
  it("is told apart from what they leave, in ranges of the result", async () => {
    const { sampler, units } = made(pure);
    const [unit] = units;
    if (!unit) throw new Error("no unit");
    const written = await sampler.written(unit.input, [0, 1, 5], 24);
    expect(rangesOf(written)).toEqual([8, 16, 48, 8]);
    expect(bytesIn(unit.bytes, [8, 16, 48, 8], 24)).toEqual(bytesIn(written.result, [8, 16, 48, 8], 24));
  });

  it("is seen with other noise where it happens to be the noise that was there", async () => {
    const noisy = made(
      (workgroup, words) => {
        words[workgroup] = new Uint32Array(
          Uint8Array.from([0, 1, 2, 3], (at) => Math.imul(4 * workgroup + at, 2654435761) >>> 24).buffer,
        )[0] as number;
      },
      24,
      { start: 0 },
    );
    const [unit] = noisy.units;
    if (!unit) throw new Error("no unit");
    const written = await noisy.sampler.written(unit.input, [3, 4], 8);
    expect([written.bytes, noisy.runs()]).toEqual([8, 2]);
    expect(rangesOf(written)).toEqual([8 + 12, 8]);
  });

  it("does not count padding", async () => {
    const { sampler, units } = made(pure, 12, { padding: { stride: 8, ranges: [[4, 8]] } });
    const [unit] = units;
    if (!unit) throw new Error("no unit");
    expect(rangesOf(await sampler.written(unit.input, [2], 4))).toEqual([24, 4]);
  });
});

it("runs of slices say what any of them write", () => {
  const runs: [number, number][] = [
    [2, 16],
    [3, 4],
    [1, 0],
  ];
  expect([
    countSlices(runs),
    bytesWritten(runs, [0, 1, 2, 3, 4, 5]),
    bytesWritten(runs, [1, 4]),
    bytesWritten(runs, [5]),
    bytesWritten(runs, []),
  ]).toEqual([6, 44, 20, 0, 0]);
  expect(() => bytesWritten(runs, [6])).toThrow(RangeError);
});

it("ranges that are not of the result, not so many bytes, or not in order hold none", () => {
  const result = Uint8Array.from([0, 1, 2, 3, 4, 5]);
  expect(bytesIn(result, [1, 2, 4, 1], 3)).toEqual(Uint8Array.from([1, 2, 4]));
  for (const [ranges, bytes] of [
    [[1, 2, 4, 1], 4],
    [[1, 2, 4, 1], 2],
    [[4, 1, 1, 2], 3],
    [[1, 2, 2, 1], 3],
    [[5, 2], 2],
    [[1, 0], 0],
    [[1, 2, 4], 2],
  ] as [number[], number][])
    expect(bytesIn(result, ranges, bytes), String(ranges)).toBeUndefined();
  expect(bytesIn(result, [], 0)).toEqual(new Uint8Array(0));
});

it("a partition covers the grid once, with no more slices than are wanted", () => {
  for (const grid of [
    [1, 1, 1],
    [4, 4, 1],
    [2048, 1, 1],
    [2049, 1, 1],
    [3000, 3, 1],
    [65, 33, 7],
    [65_535, 65, 1],
    [1, 1, 5000],
    [700, 700, 3],
  ] as [number, number, number][]) {
    const boxes: WorkgroupBox[] = partition(grid, 2048);
    expect(boxes.length).toBeLessThanOrEqual(2048);
    if (grid[0] * grid[1] * grid[2] <= 2048) expect(boxes).toHaveLength(grid[0] * grid[1] * grid[2]);
    else expect(boxes.length).toBeGreaterThan(1000);
    const [columns, rows] = grid;
    let next = 0;
    for (const { from, size } of boxes) {
      expect(from[0] + columns * (from[1] + rows * from[2])).toBe(next);
      next += size[0] * size[1] * size[2];
    }
    expect(next).toBe(grid[0] * grid[1] * grid[2]);
  }
});
