/** Plans that the engine's tests run, with the same computation on the CPU. */
import type { BlobHash } from "../../shared/ids.ts";
import { readKernel } from "../../shared/kernel/read.ts";
import { reflect } from "../../shared/kernel/reflect.ts";
import { sliceKernel } from "../../shared/kernel/slice/slice.ts";
import {
  type BufferPlan,
  type FieldWrite,
  type JobPlan,
  type OutputPlan,
  type PassPlan,
  PLAN_VERSION,
  type Source,
} from "../../shared/plan.ts";

export const constant = (offset: number | string): Source => ({ scale: "1", offset: String(offset) });
export const unitIndex = (scale = "1", offset = "0"): Source => ({ of: { kind: "unit", field: "index" }, scale, offset });
export const iteration: Source = { of: { kind: "pass", field: "iteration" }, scale: "1", offset: "0" };
export const u32 = (offset: number, value: Source): FieldWrite => ({ offset, as: "u32", value });

export function buffer(
  name: string,
  binding: number,
  kind: BufferPlan["kind"],
  byteLength: number,
  more: Partial<BufferPlan> = {},
): BufferPlan {
  return { name, group: 0, binding, kind, byteLength, init: { kind: "zero" }, writes: [], ...more };
}

export function pass(entryPoint: string, workgroups: [number, number, number], uses: number[], more: Partial<PassPlan> = {}): PassPlan {
  return { entryPoint, workgroups, repeat: 1, uses, set: [], swap: [], ...more };
}

export function output(name: string, index: number, words: number, more: Partial<OutputPlan> = {}): OutputPlan {
  return { name, buffer: index, dtype: "u32", shape: [words], byteLength: 4 * words, reduce: { kind: "concat" }, ...more };
}

/** A plan that runs whole. */
export function wholePlan(
  kernel: string,
  buffers: BufferPlan[],
  passes: PassPlan[],
  outputs: OutputPlan[],
  more: Partial<JobPlan> = {},
): JobPlan {
  return {
    version: PLAN_VERSION,
    kernel,
    slicing: { whole: "It is a test." },
    units: { count: 1000 },
    buffers,
    passes,
    outputs,
    overrides: {},
    requires: { features: [], limits: {} },
    seed: "0",
    ...more,
  };
}

export function plan(...parts: Parameters<typeof wholePlan>): JobPlan {
  return sliced(wholePlan(...parts));
}

/** The plan with its kernel rewritten, as admission rewrites it. */
export function sliced(whole: JobPlan): JobPlan {
  const { kernel } = readKernel([{ path: "kernel.wgsl", text: whole.kernel }]);
  if (!kernel) throw new Error("the kernel cannot be read");
  const found = sliceKernel(
    kernel,
    reflect(kernel),
    whole.passes.map((pass) => pass.entryPoint),
  );
  if ("whole" in found) throw new Error(found.whole);
  const { text, entryPoints, group, binding } = found;
  const passes = whole.passes.map((pass) => ({ ...pass, entryPoint: entryPoints.get(pass.entryPoint) ?? "" }));
  return { ...whole, kernel: text, passes, slicing: { group, binding } };
}

export const HASH = "a".repeat(64) as BlobHash;

/** out[i] = a * i + b, with a struct in a uniform and an override. */
export const affine = plan(
  `struct Params { a: u32, b: u32 }
   override factor: u32 = 1u;
   @group(0) @binding(0) var<uniform> params: Params;
   @group(0) @binding(1) var<storage, read_write> result: array<u32>;
   @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
     result[id.x] = factor * (params.a * id.x + params.b);
   }`,
  [
    buffer("params", 0, "uniform", 8, { writes: [u32(0, unitIndex("3", "1")), u32(4, constant(7))] }),
    buffer("result", 1, "storage", 4 * 256),
  ],
  [pass("main", [4, 1, 1], [0, 1])],
  [output("result", 1, 256)],
  { overrides: { factor: 5 } },
);
export const affineOnCpu = (unit: number) => Array.from({ length: 256 }, (_, i) => (5 * ((3 * unit + 1) * i + 7)) >>> 0);

/** Writes far beyond the end and far before the beginning of one buffer, each unit elsewhere; the others lie around it. */
export const spilling = plan(
  `struct Params { unit: u32 }
   @group(0) @binding(0) var<uniform> params: Params;
   @group(0) @binding(1) var<storage, read> table: array<u32>;
   @group(0) @binding(2) var<storage, read_write> spilt: array<u32>;
   @group(0) @binding(3) var<storage, read_write> result: array<u32>;
   @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
     spilt[id.x * 977u + params.unit * 64u] = 4294967295u;
     spilt[4294967295u - id.x * params.unit] = 4294967295u;
     result[id.x] = table[id.x] + params.unit;
   }`,
  [
    buffer("params", 0, "uniform", 4, { writes: [u32(0, unitIndex())] }),
    buffer("table", 1, "read-only-storage", 4 * 256, { init: { kind: "fill", word: 7 } }),
    buffer("spilt", 2, "storage", 16),
    buffer("result", 3, "storage", 4 * 256),
  ],
  [pass("main", [4, 1, 1], [0, 1, 2, 3])],
  [output("result", 3, 256)],
);
export const spillingOnCpu = (unit: number) => Array.from({ length: 256 }, () => 7 + unit);

/** Adds to what the buffers hold: any trace of an earlier unit shows. One small buffer, one large, one filled, one in place. */
export const traces = plan(
  `@group(0) @binding(0) var<storage, read_write> small: array<u32>;
   @group(0) @binding(1) var<storage, read_write> large: array<u32>;
   @group(0) @binding(2) var<storage, read_write> filled: array<u32>;
   @group(0) @binding(3) var<storage, read_write> file: array<u32>;
   @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
     if (id.x < arrayLength(&small)) { small[id.x] += 1u; }
     large[id.x] += 2u;
     filled[id.x] += 3u;
     file[id.x] = file[id.x] * 2u + 1u;
   }`,
  [
    buffer("small", 0, "storage", 64, { writes: [u32(4, unitIndex())] }),
    buffer("large", 1, "storage", 4 * 4096, { writes: [u32(4 * 3000, unitIndex("10"))] }),
    buffer("filled", 2, "storage", 4 * 4096, { init: { kind: "fill", word: 100 }, writes: [u32(4, constant(9))] }),
    buffer("file", 3, "storage", 4 * 4096, { init: { kind: "file", blob: HASH, byteLength: 10 } }),
  ],
  [pass("main", [64, 1, 1], [0, 1, 2, 3])],
  [output("small", 0, 16), output("large", 1, 4096), output("filled", 2, 4096), output("file", 3, 4096)],
);
export const tracesFile = [1, 0, 0, 0, 2, 0, 0, 0, 3, 4];
export function tracesOnCpu(unit: number): number[][] {
  const small = Array.from({ length: 16 }, (_, i) => (i === 1 ? unit : 0) + 1);
  const large = Array.from({ length: 4096 }, (_, i) => (i === 3000 ? 10 * unit : 0) + 2);
  const filled = Array.from({ length: 4096 }, (_, i) => (i === 1 ? 9 : 100) + 3);
  const words = [1, 2, 3 + 4 * 256];
  return [small, large, filled, Array.from({ length: 4096 }, (_, i) => (words[i] ?? 0) * 2 + 1)];
}

/** Rule 30 on a ring, ping-pong by swap, the rule's step number xored in by `set`; then a second pass that copies what it sees. */
export const CELLS = 128;
export const STEPS = 37;
export const swapping = plan(
  `struct Step { number: u32, pad: u32, first: u32 }
   @group(0) @binding(0) var<storage, read> before: array<u32>;
   @group(0) @binding(1) var<storage, read_write> after: array<u32>;
   @group(1) @binding(0) var<uniform> step: Step;
   @group(1) @binding(3) var<storage, read_write> seen: array<u32>;
   @compute @workgroup_size(64) fn evolve(@builtin(global_invocation_id) id: vec3u) {
     let n = ${CELLS}u;
     let left = before[(id.x + n - 1u) % n];
     let here = before[id.x];
     let right = before[(id.x + 1u) % n];
     after[id.x] = (left ^ (here | right)) ^ select(0u, step.number * 2u, id.x == step.first);
   }
   @compute @workgroup_size(64) fn look(@builtin(global_invocation_id) id: vec3u) { seen[id.x] = before[id.x] + 1000u * step.number; }`,
  [
    buffer("before", 0, "read-only-storage", 4 * CELLS, { writes: [u32(0, constant(1)), u32(4 * 5, unitIndex())] }),
    buffer("after", 1, "storage", 4 * CELLS),
    { ...buffer("step", 0, "uniform", 12, { writes: [u32(8, unitIndex())] }), group: 1 },
    { ...buffer("seen", 3, "storage", 4 * CELLS), group: 1 },
  ],
  [
    pass("evolve", [CELLS / 64, 1, 1], [0, 1, 2], { repeat: STEPS, swap: [[0, 1]], set: [{ buffer: 2, write: u32(0, iteration) }] }),
    pass("look", [CELLS / 64, 1, 1], [0, 2, 3], {
      set: [{ buffer: 2, write: u32(0, { of: { kind: "pass", field: "index" }, scale: "1", offset: "0" }) }],
    }),
  ],
  [output("after", 1, CELLS), output("seen", 3, CELLS)],
);
export function swappingOnCpu(unit: number): number[][] {
  let before: number[] = Array.from({ length: CELLS }, (_, i) => (i === 0 ? 1 : i === 5 ? unit : 0));
  let after: number[] = before;
  for (let s = 0; s < STEPS; s++) {
    if (s > 0) before = after;
    const now = before;
    after = now.map((here, i) => {
      const left = now[(i + CELLS - 1) % CELLS] as number;
      const right = now[(i + 1) % CELLS] as number;
      return (left ^ (here | right) ^ (i === unit ? s * 2 : 0)) >>> 0;
    });
  }
  return [after, before.map((value) => value + 1000)];
}

/** Counts its workgroups from what the pass sets. */
export const countingWhole = wholePlan(
  `@group(0) @binding(0) var<storage, read_write> count: atomic<u32>;
   @compute @workgroup_size(1) fn main() { atomicAdd(&count, 1u); }`,
  [buffer("count", 0, "storage", 4)],
  [pass("main", [4, 1, 1], [0], { set: [{ buffer: 0, write: u32(0, unitIndex("1", "100")) }] })],
  [output("count", 0, 1)],
);
export const counting = sliced(countingWhole);

const WIDE = 2500;
/** Each workgroup leaves its number. */
export const wide = {
  workgroups: WIDE,
  plan: plan(
    `@group(0) @binding(0) var<storage, read_write> seen: array<u32>;
     @compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) all: vec3u) {
       seen[id.x] += all.x + id.x;
     }`,
    [buffer("seen", 0, "storage", 4 * WIDE)],
    [pass("main", [WIDE, 1, 1], [0])],
    [output("seen", 0, WIDE)],
  ),
  expected: Array.from({ length: WIDE }, (_, x) => WIDE + x),
};

/** In place over a split piece of 3 bytes a record, a row of the table, a 64-bit seed; vec3 padding in a struct output. */
export const pieces = plan(
  `struct Item { direction: vec3u, weight: u32, lone: vec3u }
   @group(0) @binding(0) var<storage, read_write> piece: array<u32>;
   @group(0) @binding(1) var<storage, read> seed: vec2u;
   @group(0) @binding(2) var<uniform> row: vec4u;
   @group(0) @binding(3) var<storage, read_write> items: array<Item>;
   @compute @workgroup_size(1) fn main(@builtin(workgroup_id) id: vec3u) {
     piece[id.x] = piece[id.x] + 1u;
     var item: Item;
     item.direction = vec3u(seed, row.x);
     item.weight = row.y;
     item.lone = row.xyz;
     items[id.x] = item;
   }`,
  [
    buffer("piece", 0, "storage", 12, {
      init: { kind: "split", bytesPerUnit: 10, unitsPerChunk: 100, fileBytes: 24, chunks: HASH },
    }),
    buffer("seed", 1, "read-only-storage", 8, {
      writes: [{ offset: 0, as: "limbs", words: 2, value: { of: { kind: "unit", field: "seed" }, scale: "1", offset: "0" } }],
    }),
    buffer("row", 2, "uniform", 16, {
      writes: [
        u32(0, { of: { kind: "row", column: 0 }, scale: "1", offset: "0" }),
        u32(4, { of: { kind: "row", column: 1 }, scale: "2", offset: "1" }),
      ],
    }),
    buffer("items", 3, "storage", 32 * 3),
  ],
  [pass("main", [3, 1, 1], [0, 1, 2, 3])],
  [
    output("piece", 0, 10, { dtype: "u8", shape: [10], byteLength: 10 }),
    output("items", 3, 24, { padding: { stride: 32, ranges: [[28, 32]] } }),
  ],
  {
    units: { count: 3 },
    rows: {
      columns: [
        { name: "a", type: "u64" },
        { name: "b", type: "i64" },
      ],
      rowBytes: 16,
      count: 3,
      blob: HASH,
    },
    seed: "1234567",
  },
);

/** About a second of work on two cores of a software adapter. */
export const slow = plan(
  `@group(0) @binding(0) var<storage, read_write> result: array<u32>;
   @group(0) @binding(1) var<uniform> rounds: u32;
   @compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
     var x = id.x + 1u;
     for (var i = 0u; i < rounds; i++) { x = x * 1664525u + 1013904223u; x ^= x >> 13u; }
     result[id.x] = x;
   }`,
  [buffer("result", 0, "storage", 4 * 4096), buffer("rounds", 1, "uniform", 4, { writes: [u32(0, constant(20_000))] })],
  [pass("main", [64, 1, 1], [0, 1])],
  [output("result", 0, 4096)],
);

/** The words of each output of a framed result. */
export function unframe(bytes: readonly number[]): number[][] {
  const all = Uint8Array.from(bytes);
  const view = new DataView(all.buffer);
  const outputs: number[][] = [];
  for (let at = 0; at < all.byteLength; ) {
    const length = Number(view.getBigUint64(at, true));
    at += 8;
    outputs.push(length % 4 === 0 ? [...new Uint32Array(all.buffer.slice(at, at + length))] : [...all.subarray(at, at + length)]);
    at += length;
  }
  return outputs;
}
