/**
 * What admission makes of `shaders/benchmark/`, so that a host is measured before it knows any job. Written by
 * `node scripts/benchmark-plan.mjs`; a test compares it with what admission makes today.
 */
import type { JobPlan } from "../../shared/plan.ts";

/** The kernel as it is written: what slices are compared with. */
export const BENCHMARK_SOURCE = `// The benchmark: what this network means by an operation. 24 operations on f32 a round and invocation: multiplications,
// additions, subtractions and floors of vec4. All numbers are integers below 2^24, or such divided by a power of two, so every step
// is exact, however a compiler orders or fuses it: every GPU answers the same bytes.

struct Work {
  unit: u32,
  // 250 in this job; a longer unit has more.
  rounds: u32,
}

const WORKGROUP = 64u;
// x -> (1229 x + c) mod 4096 for odd c runs through all 4096 numbers (Hull and Dobell, 1962).
const FACTOR = 1229f;
const STEP = vec4f(1, 3, 5, 7);
const MODULUS = 4096f;

@group(0) @binding(0) var<uniform> work: Work;
// One sum a workgroup, modulo 2^32.
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;

var<workgroup> partial_sums: array<u32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup.y * workgroups.x + workgroup.x;
  let seed = WORKGROUP * index + lane + 97u * work.unit;
  var x = vec4f(vec4u(seed, seed / 8u, seed / 64u, work.unit) % u32(MODULUS));
  for (var round = 0u; round < work.rounds; round++) {
    let y = FACTOR * x + STEP;
    // Each lane goes on with its neighbour's number.
    x = (y - MODULUS * floor(y * (1f / MODULUS))).yzwx;
  }
  let word = vec4u(x) * vec4u(1u, 4096u, 65537u, 2654435769u);
  partial_sums[lane] = word.x ^ word.y ^ word.z ^ word.w;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial_sums[lane] += partial_sums[lane + half];
    }
  }
  if (lane != 0u) {
    return;
  }
  // A grid may be larger than its result: the others store nothing, which no compiler can know.
  if (index < arrayLength(&sums)) {
    sums[index] = partial_sums[0];
  } else if (partial_sums[0] == 2654435769u && work.rounds == 0u) {
    sums[0] = 0u;
  }
}
`;

export const BENCHMARK_PLAN: JobPlan = {
  kernel: `// The benchmark: what this network means by an operation. 24 operations on f32 a round and invocation: multiplications,
// additions, subtractions and floors of vec4. All numbers are integers below 2^24, or such divided by a power of two, so every step
// is exact, however a compiler orders or fuses it: every GPU answers the same bytes.

struct Work {
  unit: u32,
  // 250 in this job; a longer unit has more.
  rounds: u32,
}

const WORKGROUP = 64u;
// x -> (1229 x + c) mod 4096 for odd c runs through all 4096 numbers (Hull and Dobell, 1962).
const FACTOR = 1229f;
const STEP = vec4f(1, 3, 5, 7);
const MODULUS = 4096f;

@group(0) @binding(0) var<uniform> work: Work;
// One sum a workgroup, modulo 2^32.
@group(0) @binding(1) var<storage, read_write> sums: array<u32>;

var<workgroup> partial_sums: array<u32, WORKGROUP>;

                                   
fn main(
                         workgroup: vec3u,
                           workgroups: vec3u,
                                   lane: u32,
) {
  let index = workgroup.y * workgroups.x + workgroup.x;
  let seed = WORKGROUP * index + lane + 97u * work.unit;
  var x = vec4f(vec4u(seed, seed / 8u, seed / 64u, work.unit) % u32(MODULUS));
  for (var round = 0u; round < work.rounds; round++) {
    let y = FACTOR * x + STEP;
    // Each lane goes on with its neighbour's number.
    x = (y - MODULUS * floor(y * (1f / MODULUS))).yzwx;
  }
  let word = vec4u(x) * vec4u(1u, 4096u, 65537u, 2654435769u);
  partial_sums[lane] = word.x ^ word.y ^ word.z ^ word.w;
  for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      partial_sums[lane] += partial_sums[lane + half];
    }
  }
  if (lane != 0u) {
    return;
  }
  // A grid may be larger than its result: the others store nothing, which no compiler can know.
  if (index < arrayLength(&sums)) {
    sums[index] = partial_sums[0];
  } else if (partial_sums[0] == 2654435769u && work.rounds == 0u) {
    sums[0] = 0u;
  }
}

struct sliced_Box { first: vec4<u32>, workgroups: vec4<u32> }
@group(1) @binding(0) var<uniform> sliced_box: sliced_Box;
@compute @workgroup_size(WORKGROUP)
fn sliced_entry_main(@builtin(workgroup_id) sliced_0: vec3u, @builtin(num_workgroups) sliced_1: vec3u, @builtin(local_invocation_index) sliced_2: u32) {
  let sliced_first = sliced_box.first.xyz;
  let sliced_workgroup = sliced_0 + sliced_first;
  let sliced_workgroups = sliced_box.workgroups.xyz;
  main(sliced_workgroup, sliced_workgroups, sliced_2);
}
`,
  version: 2,
  slicing: { group: 1, binding: 0 },
  passes: [{ entryPoint: "sliced_entry_main", workgroups: [1000, 1, 1], repeat: 1, uses: [0, 1], set: [], swap: [] }],
  units: { count: 1125 },
  buffers: [
    {
      name: "work",
      group: 0,
      binding: 0,
      kind: "uniform",
      byteLength: 8,
      init: { kind: "zero" },
      writes: [
        { offset: 0, as: "u32", value: { of: { kind: "unit", field: "index" }, scale: "1", offset: "0" } },
        { offset: 4, as: "u32", value: { scale: "1", offset: "250" } },
      ],
    },
    { name: "sums", group: 0, binding: 1, kind: "storage", byteLength: 4000, init: { kind: "zero" }, writes: [] },
  ],
  outputs: [{ name: "sums", buffer: 1, dtype: "u32", shape: [1000], byteLength: 4000, reduce: { kind: "sum", over: "all" } }],
  overrides: {},
  requires: { features: [], limits: {} },
  seed: "0",
};
