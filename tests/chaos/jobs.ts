/** The jobs of a campaign: packages as an owner sends them, and each unit's result as the CPU computes it. */
import { createHash } from "node:crypto";
import { frame } from "../../shared/result.ts";

/** Result sizes on the three paths of bytes: with the submit, in a frame of their own, by PUT. */
export const KINDS = {
  inline: { units: 240, words: 64 },
  frame: { units: 40, words: 4096 },
  put: { units: 12, words: 20_480 },
} as const;
export type Kind = keyof typeof KINDS;

export const WORKGROUP = 64;

/** By the name of a job's package. */
export function kindNamed(name: string): Kind {
  for (const kind of Object.keys(KINDS) as Kind[]) if (name === `chaos-${kind}`) return kind;
  throw new RangeError(`${name} is no job of a campaign`);
}

/** Files of the package, by name. */
export function packageOf(kind: Kind): Record<string, string> {
  const { units, words } = KINDS[kind];
  const manifest = {
    name: `chaos-${kind}`,
    title: "Words of a generator",
    kernel: ["kernel.wgsl"],
    units: { count: units },
    bindings: { params: { set: { unit: "$unit.index" } } },
    passes: [{ workgroups: [words / WORKGROUP] }],
    output: [{ binding: "words", dtype: "u32", shape: [words], reduce: { kind: "concat" } }],
    gflopPerUnit: 432,
  };
  return { "job.json": JSON.stringify(manifest), "kernel.wgsl": kernelOf(words) };
}

function kernelOf(words: number): string {
  return `struct Params { unit: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@compute @workgroup_size(${WORKGROUP}) fn main(@builtin(global_invocation_id) id: vec3u) {
  words[id.x] = (params.unit * ${words}u + id.x) * 1664525u + 1013904223u;
}
`;
}

/** Output bytes of one unit, little-endian. */
export function outputOf(kind: Kind, unit: number): Uint8Array<ArrayBuffer> {
  const { words } = KINDS[kind];
  const output = new Uint32Array(words);
  for (let i = 0; i < words; i++) output[i] = Math.imul(unit * words + i, 1664525) + 1013904223;
  return new Uint8Array(output.buffer);
}

/** Result bytes of one unit; a `lie` has another last byte. */
export function resultOf(kind: Kind, unit: number, lie = false): Uint8Array<ArrayBuffer> {
  const bytes = frame([outputOf(kind, unit)]);
  if (lie) bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 0xff;
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
