/** The kernel that is measured: integer arithmetic whose length is a number, so that a unit or a workgroup takes any time. */

export const WORKGROUP_SIZE = 64;
/** 64 KiB of results a unit. */
export const WORDS = 16_384;

export const KERNEL = `struct Work { unit: u32, rounds: u32 }
@group(0) @binding(0) var<uniform> work: Work;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(${WORKGROUP_SIZE}) fn main(
  @builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) local: u32,
) {
  let index = (group.y * groups.x + group.x) * ${WORKGROUP_SIZE}u + local;
  var x = index * 747796405u + work.unit;
  for (var i = 0u; i < work.rounds; i++) { x = x * 1664525u + 1013904223u; x ^= x >> 13u; }
  // A grid may be larger than its result: the others store nothing, which no compiler can know.
  if (index < arrayLength(&words)) { words[index] = x; } else if (x == 0x9e3779b9u && work.rounds == 0u) { words[0] = x; }
}
`;

/** What one unit is. */
export interface Work {
  workgroups: [number, number];
  /** Turns of the loop in each invocation. */
  rounds: number;
}

/** The job of such units, exact, each computed twice. */
export function manifestOf({ workgroups, rounds }: Work, units: number): Record<string, unknown> {
  return {
    name: "bench",
    kernel: ["kernel.wgsl"],
    units: { count: units },
    bindings: { work: { set: { unit: "$unit.index", rounds } } },
    passes: [{ workgroups }],
    output: [{ binding: "words", dtype: "u32", shape: [WORDS], reduce: { kind: "concat" } }],
    verify: { quorum: 2 },
    gflopPerUnit: 1,
  };
}
