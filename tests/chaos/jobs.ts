/** The jobs of a campaign: packages as an owner sends them, and each unit's result as the CPU computes it. */
import { createHash } from "node:crypto";
import { frame } from "../../shared/result.ts";

/**
 * Result sizes on the three paths of bytes: with the submit, in a frame of their own, by PUT. Of `near` each volunteer's numbers
 * are a little off, and they are compared within a tolerance.
 */
export const KINDS = {
  inline: { units: 240, words: 64 },
  frame: { units: 40, words: 4096 },
  put: { units: 12, words: 20_480 },
  near: { units: 24, words: 4096 },
} as const;
export type Kind = keyof typeof KINDS;

export const WORKGROUP = 64;
/** How far off a number of the kind `near` is at most. */
const NEAR = 7;

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
    output: [
      {
        binding: "words",
        dtype: "u32",
        shape: [words],
        reduce: { kind: "concat" },
        ...(kind === "near" ? { compare: { atol: NEAR } } : {}),
      },
    ],
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

/** Result bytes of one unit, as volunteer number `by` computes them; a `lie` has another last byte. */
export function resultOf(kind: Kind, unit: number, lie = false, by = 0): Uint8Array<ArrayBuffer> {
  const output = new Uint32Array(outputOf(kind, unit).buffer);
  if (kind === "near") for (const [at, word] of output.entries()) output[at] = Math.min(2 ** 32 - 1, word + (by % (NEAR + 1)));
  const bytes = frame([new Uint8Array(output.buffer)]);
  if (lie) bytes[bytes.length - 1] = (bytes[bytes.length - 1] as number) ^ 0xff;
  return bytes;
}

/** Whether these are the outputs of the units from 0 on, as some machine gives them. */
export function isRight(kind: Kind, got: Uint8Array, reference: Uint8Array): boolean {
  if (got.byteLength !== reference.byteLength) return false;
  if (kind !== "near") return Buffer.compare(got, reference) === 0;
  const [words, right] = [wordsIn(got), wordsIn(reference)];
  return words.every((word, at) => Math.abs(word - (right[at] as number)) <= NEAR);
}

function wordsIn(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(Uint8Array.from(bytes).buffer);
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
