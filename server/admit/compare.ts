/** How outputs are compared: what their tolerances make no sense for, and what becomes of them in the plan. */
import type { Comparator } from "../../shared/comparator.ts";
import { counted } from "../../shared/counted.ts";
import { looseFunction } from "../../shared/kernel/floats.ts";
import type { Kernel } from "../../shared/kernel/read.ts";
import type { Compare } from "../../shared/manifest/compare.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { DTYPE_BYTES, type OutputPlan } from "../../shared/plan.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";
import { placed } from "./placed.ts";

type ManifestOutput = Manifest["output"][number];

/** Outputs of a unit that are compared within a tolerance, bytes at most: two results are held in memory, and every number is looked at. */
const MAX_COMPARED_BYTES = 8 * 1024 * 1024;

/** Of each type's finite values, the greatest by magnitude. */
const LARGEST: Record<OutputPlan["dtype"], number> = {
  u8: 255,
  u32: 2 ** 32 - 1,
  i32: 2 ** 31,
  u64: 2 ** 64,
  i64: 2 ** 63,
  f16: 65_504,
  f32: (2 - 2 ** -23) * 2 ** 127,
};
/** Absolute error of sin and cos from -π to π (WGSL, "Floating Point Accuracy"). */
const LOOSE_ERROR = 2 ** -11;
const FLOATS: readonly OutputPlan["dtype"][] = ["f16", "f32"];
/** Of types with fewer values than "ulps" may be, how many these are. */
const VALUES: Partial<Record<OutputPlan["dtype"], number>> = { u8: 256, f16: 2 * 0x7c00 };

function compareOf({ verify }: Pick<Manifest, "verify">, { compare }: ManifestOutput): Compare {
  return compare ?? verify?.compare ?? "exact";
}

/** Tells where nobody would compare what the manifest wants compared within a tolerance. */
export function checkComparators(manifest: Manifest, outputs: readonly OutputPlan[], faults: Faults): void {
  const index = manifest.output.findIndex((output, place) => compareOf(manifest, output) !== "exact" && !isHole(output, place, faults));
  const output = manifest.output[index];
  if (!output) return;
  const path = placeOf(output, index);
  const tier = manifest.verify?.tier;
  if (tier === "trusted")
    faults.at(
      path,
      "A trusted job computes each unit once, and nobody is compared with anybody.",
      'Leave it out, or write the tier "quorum".',
    );
  if (tier === "sampled")
    faults.at(path, "A sampled job is compared slice by slice, and byte for byte.", 'Write "exact", or the tier "quorum" or "audited".');
  if (tier === "checker")
    faults.at(
      path,
      "Results of the tier checker are compared with nothing: its checker says how far off they may be.",
      'Write "exact", or the tier "quorum" or "audited".',
    );
  const bytes = outputs.reduce((sum, { compare, byteLength }) => sum + (compare ? byteLength : 0), 0);
  if (bytes > MAX_COMPARED_BYTES)
    faults.at(
      path,
      `The outputs that are compared within a tolerance have ${bytes} bytes a unit.`,
      `At most ${MAX_COMPARED_BYTES} are: let a unit compute less.`,
    );
}

/** Undefined: byte for byte. `bytes`: of the output, undefined where these are not known. */
export function comparatorOf(
  manifest: Manifest,
  output: ManifestOutput,
  index: number,
  bytes: number | undefined,
  faults: Faults,
): Comparator | undefined {
  const compare = compareOf(manifest, output);
  if (compare === "exact" || isHole(output, index, faults)) return undefined;
  const path = placeOf(output, index);
  const within = withinOf(compare, path, faults);
  const dtype = compare.dtype ?? output.dtype;
  if (compare.dtype === undefined && dtype === "u8" && !faults.holes.covers(["output", index, "dtype"]))
    faults.at(
      path,
      `${output.binding} is raw bytes, and a tolerance is one of numbers.`,
      'Say how they are read with "dtype": "f32", say, or "u8" where each byte is a number.',
    );
  if (bytes === undefined) return undefined;
  if (bytes % DTYPE_BYTES[dtype] !== 0)
    faults.at(
      [...path, "dtype"],
      `${output.binding} has ${bytes} bytes, no whole number of ${dtype}.`,
      "Let the shape be whole elements of it.",
    );
  const { outliers = 0, nonFinite = "refuse" } = compare;
  const elements = Math.floor(bytes / DTYPE_BYTES[dtype]);
  if (outliers > 0 && outliers * elements < 1) {
    const text = `of ${counted(elements, "element")} in ${output.binding} this share is less than one: none may be further apart.`;
    faults.warnAt([...path, "outliers"], text);
  }
  if (within) {
    checkWidth(within, dtype, path, faults);
    warnPicture(within, output, path, faults);
  }
  if (within && "atol" in within && !FLOATS.includes(dtype) && outliers * elements < 1) {
    const range = output.reduce?.kind === "image" ? Math.max(...output.reduce.range.map(Math.abs)) : LARGEST[dtype];
    const most = within.atol + within.rtol * range;
    if (most < 1) {
      const text = `two whole numbers up to ${range} may be ${Number(most.toPrecision(3))} apart by this, less than 1: it allows no difference. Write "atol": 1, or say "exact".`;
      faults.warnAt(path, text);
    }
  }
  return within && { dtype, within, outliers, nonFinite };
}

/** Refuses a tolerance that tells nothing apart: 0 would be near enough to any value of the type. */
function checkWidth(within: Comparator["within"], dtype: OutputPlan["dtype"], path: JsonPath, faults: Faults): void {
  const right = "Write how far apart two correct answers are.";
  if ("ulps" in within) {
    const values = VALUES[dtype];
    if (values !== undefined && within.ulps >= values)
      faults.at([...path, "ulps"], `${dtype} has ${values} values, so that this takes any answer for right.`, right);
    return;
  }
  const { atol, rtol } = within;
  if (atol < LARGEST[dtype] * (1 - rtol)) return;
  const it = rtol > 0 ? `this, with an rtol of ${rtol},` : "this";
  faults.at([...path, "atol"], `${dtype} goes to ${LARGEST[dtype]}, so that ${it} takes 0 for right whatever the answer is.`, right);
}

/** Warns of a tolerance that tells no two colours of a picture apart. */
function warnPicture(within: Comparator["within"], { reduce }: ManifestOutput, path: JsonPath, faults: Faults): void {
  if (reduce?.kind !== "image" || !("atol" in within)) return;
  const [from, to] = reduce.range;
  if (within.atol < Math.abs(to - from)) return;
  const text = `the picture goes from ${from} to ${to}, so that this takes any colour for right. Write how far apart two correct answers are.`;
  faults.warnAt([...path, "atol"], text);
}

/** Warns of a tolerance where correct GPUs have nothing to differ in. */
export function warnRoom(manifest: Manifest, outputs: readonly OutputPlan[], floats: boolean, faults: Faults): void {
  if (floats) return;
  for (const [index, output] of manifest.output.entries()) {
    if (!outputs.some(({ name, compare }) => name === output.binding && compare)) continue;
    const text =
      "the kernel computes without floats, so correct GPUs give the same bytes: a tolerance is only room to cheat in. Leave it out.";
    faults.warnAt(placeOf(output, index), text);
  }
}

/** Warns of a tolerance that is narrower than what WGSL lets a function be off by that the kernel calls. */
export function warnTight(
  manifest: Manifest,
  outputs: readonly OutputPlan[],
  kernel: Kernel,
  entryPoints: readonly string[],
  faults: Faults,
): void {
  const called = looseFunction(kernel, entryPoints);
  if (!called) return;
  for (const [index, output] of manifest.output.entries()) {
    const compare = outputs.find(({ name }) => name === output.binding)?.compare;
    if (!compare || !FLOATS.includes(compare.dtype) || compare.outliers > 0) continue;
    const { within } = compare;
    // How far apart two numbers near 1 may be.
    const room = "ulps" in within ? within.ulps * (compare.dtype === "f16" ? 2 ** -10 : 2 ** -23) : within.atol + within.rtol;
    if (room >= LOOSE_ERROR) continue;
    const text = `the kernel calls ${called.name} (${placed(kernel, called.offset)}), which WGSL lets be off by 2^-11 (0.00049) from -π to π, and by more beyond: results of correct GPUs may be further apart than this allows. Write "atol": 0.001 or more where ${called.name} reaches ${output.binding}, or compute it by sums and products of your own.`;
    faults.warnAt(placeOf(output, index), text);
  }
}

function withinOf(
  { atol = 0, rtol = 0, ulps }: Exclude<Compare, "exact">,
  path: JsonPath,
  faults: Faults,
): Comparator["within"] | undefined {
  const isScaled = atol > 0 || rtol > 0;
  if (ulps !== undefined && isScaled) faults.at(path, "It has ulps beside atol or rtol.", "Keep ulps, or atol and rtol.");
  else if (ulps !== undefined) return { ulps };
  else if (isScaled) return { atol, rtol };
  else faults.at(path, "It allows no difference.", 'Write "rtol", "atol" or "ulps", say {"rtol": 0.00001}, or "exact".');
  return undefined;
}

/** How it is compared could not be read: by its own word, or by the one for all outputs. */
function isHole(output: ManifestOutput, index: number, { holes }: Faults): boolean {
  return holes.touches(["output", index, "compare"]) || (output.compare === undefined && holes.touches(["verify", "compare"]));
}

function placeOf({ compare }: ManifestOutput, index: number): JsonPath {
  return compare === undefined ? ["verify", "compare"] : ["output", index, "compare"];
}
