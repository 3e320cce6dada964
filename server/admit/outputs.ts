/** Outputs: which bytes of which buffer are compared and kept, and what becomes of them. */

import { counted } from "../../shared/counted.ts";
import { type Layout, layoutName, onlyScalar, tailOf } from "../../shared/kernel/layout.ts";
import { MAX_PADDING_RANGES, paddingOf, valuesEnd } from "../../shared/kernel/padding.ts";
import { list } from "../../shared/kernel/path.ts";
import type { ManifestOutput } from "../../shared/manifest/output.ts";
import type { Manifest } from "../../shared/manifest.ts";
import { type BufferPlan, DTYPE_BYTES, type Dtype, MAX_RESULT_BYTES, type OutputPlan, type Reduce } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import { comparatorOf } from "./compare.ts";
import type { Faults } from "./faults.ts";
import type { JsonPath } from "./json.ts";

/** Elements of an array that is reduced over units: it is held in memory as BigInt or f64. */
const MAX_REDUCED_ELEMENTS = 1 << 22;
const MAX_PICTURE_SIDE = 65_535;

const RESULT_TOO_LARGE = `At most ${MAX_RESULT_BYTES} (64 MiB) are allowed, with 8 for each output: let a unit compute less, and the job have more units.`;

const PICTURE_SHAPE =
  "Its shape is [height, width], one number a pixel, which a ramp colours: a picture of RGBA bytes is none. Let the kernel store that number, or deliver the bytes with concat.";

/** Bytes of one unit's output. */
export function outputBytes(output: Pick<ManifestOutput, "shape" | "dtype">): number {
  return output.shape.reduce((product, side) => product * side, 1) * DTYPE_BYTES[output.dtype];
}

/** What can be checked without the kernel: sizes, reducers, names that occur twice. */
export function checkOutputs(manifest: Manifest, units: number | undefined, faults: Faults): void {
  const seen = new Set<string>();
  let total = 0;
  manifest.output.forEach((output, index) => {
    const path: JsonPath = ["output", index];
    if (!faults.holes.covers([...path, "binding"])) {
      if (seen.has(output.binding)) faults.at([...path, "binding"], `${output.binding} is an output twice.`, "List each binding once.");
      seen.add(output.binding);
    }
    total += outputBytes(output) + 8;
    checkReduce(output, path, units, faults);
    comparatorOf(manifest, output, index, undefined, faults);
    warnColumns(output, path, manifest.units, faults);
  });
  if (total > MAX_RESULT_BYTES) {
    faults.at(["output"], `A unit's results have ${total} bytes.`, RESULT_TOO_LARGE);
  }
}

function checkReduce(output: ManifestOutput, path: JsonPath, units: number | undefined, faults: Faults): void {
  const reduce = output.reduce;
  if (!reduce || reduce.kind === "concat") return;
  const at = [...path, "reduce"];
  if ((reduce.kind === "image" || reduce.kind === "histogram") && !(reduce.range[0] < reduce.range[1])) {
    faults.at([...at, "range"], `The range goes from ${reduce.range[0]} to ${reduce.range[1]}.`, "Let it ascend.");
  }
  if (reduce.kind === "image") {
    const [height, width] = output.shape;
    if (output.shape.length !== 2 || !height || !width) {
      faults.at([...path, "shape"], `A picture's tile has ${counted(output.shape.length, "dimension")}.`, PICTURE_SHAPE);
      return;
    }
    const rows = units === undefined ? 1 : Math.ceil(units / reduce.columns);
    if (width * reduce.columns > MAX_PICTURE_SIDE || height * rows > MAX_PICTURE_SIDE) {
      const wrong = `The picture has ${width * reduce.columns} x ${height * rows} pixels.`;
      faults.at([...at, "columns"], wrong, `At most ${MAX_PICTURE_SIDE} a side are allowed.`);
    }
  }
  if ("over" in reduce && reduce.over === "units") {
    const elements = outputBytes(output) / DTYPE_BYTES[output.dtype];
    if (elements > MAX_REDUCED_ELEMENTS) {
      faults.at(
        [...path, "shape"],
        `Reduced over units it has ${elements} elements.`,
        `At most ${MAX_REDUCED_ELEMENTS} are allowed; use concat.`,
      );
    }
  }
}

/** A grid of several rows is meant to be seen as one: x goes along the picture's rows only when these are as long. */
function warnColumns({ reduce }: ManifestOutput, path: JsonPath, units: Manifest["units"], faults: Faults): void {
  if (reduce?.kind !== "image" || !("grid" in units)) return;
  const [x, y, z] = units.grid;
  if (y * z === 1 || reduce.columns === x) return;
  const text = `The picture has ${counted(reduce.columns, "tile")} in a row and the grid ${counted(x, "unit")}: tiles are laid out by unit index, so $unit.x and $unit.y are not their column and row. Let columns be ${x}.`;
  faults.warnAt([...path, "reduce", "columns"], text);
}

/** The plan of one output whose buffer is known, or undefined with a fault. */
export function planOutput(
  manifest: Manifest,
  output: ManifestOutput,
  index: number,
  buffers: readonly BufferPlan[],
  { reflected: { layout }, isOpen }: Pick<SizedBinding, "reflected" | "isOpen">,
  swapped: boolean,
  faults: Faults,
): OutputPlan | undefined {
  const path: JsonPath = ["output", index];
  const { holes } = faults;
  const buffer = buffers.findIndex((candidate) => candidate.name === output.binding);
  const plan = buffers[buffer];
  if (!plan || holes.covers([...path, "binding"])) return undefined;
  const maySwap = swapped || manifest.passes.some((_, pass) => holes.touches(["passes", pass, "swap"]));
  if (plan.kind === "uniform" || (plan.kind === "read-only-storage" && !maySwap)) {
    const wrong = `${output.binding} is ${plan.kind === "uniform" ? "a uniform" : "read-only"}: no kernel writes it.`;
    const written = buffers.filter(({ kind }) => kind === "storage").map(({ name }) => name);
    const others = written.length === 0 ? "" : ` The kernel writes ${list(written)}.`;
    faults.at([...path, "binding"], wrong, `Name a var<storage, read_write>, or declare ${output.binding} so.${others}`);
    return undefined;
  }
  if (holes.covers([...path, "dtype"])) return undefined;
  checkDtype(output, path, layout, faults);
  if (isOpen || !hasItsSize(output.dtype, layout) || holes.touches([...path, "shape"])) return undefined;
  const byteLength = outputBytes(output);
  if (byteLength > plan.byteLength) {
    const wrong = `${output.shape.join(" x ")} ${output.dtype} are ${byteLength} bytes, ${output.binding} has ${plan.byteLength}.`;
    const most = Math.floor(plan.byteLength / DTYPE_BYTES[output.dtype]);
    const larger = tailOf(layout) ? `, or give ${output.binding} more "elements"` : "";
    faults.at([...path, "shape"], wrong, `At most ${counted(most, "element")} fit: mend the shape${larger}.`);
    return undefined;
  }
  const isFixed = !tailOf(layout) || manifest.bindings?.[output.binding]?.elements !== undefined;
  if (isFixed) warnShort(output, path, layout, plan.byteLength, faults);
  const padding = paddingOf(layout, byteLength);
  if (padding === null) {
    const wrong = `${output.binding} has more than ${MAX_PADDING_RANGES} gaps of padding.`;
    faults.at([...path, "binding"], wrong, "Make the output a bare array of structs, or fill the gaps with members.");
    return undefined;
  }
  const compare = comparatorOf(manifest, output, index, byteLength, faults);
  return {
    name: output.binding,
    buffer,
    dtype: output.dtype,
    shape: output.shape,
    byteLength,
    ...(padding ? { padding } : {}),
    ...(compare ? { compare } : {}),
    reduce: planReduce(output),
  };
}

/** Of a binding that has its size, bytes, by its type or by `elements`, and not by the shape, all is meant more often than a part. */
function warnShort(output: ManifestOutput, path: JsonPath, layout: Layout, size: number, faults: Faults): void {
  const byteLength = outputBytes(output);
  const tail = tailOf(layout);
  const padding = tail ? tail.stride - valuesEnd(tail.element) : size - valuesEnd(layout);
  // Raw bytes of a struct have its padding.
  if (byteLength >= (output.dtype === "u8" ? size : size - padding)) return;
  const way = wholeShape(output, size / DTYPE_BYTES[output.dtype]);
  const text = `${output.shape.join(" x ")} ${output.dtype} are ${counted(byteLength, "byte")} and ${output.binding}, ${layoutName(layout)}, has ${size}: the last ${size - byteLength} are not delivered. ${way}.`;
  faults.warnAt([...path, "shape"], text);
}

/** Of so many elements, with the rows of the shape that is there where these fill it. */
function wholeShape({ shape: [, ...row] }: ManifestOutput, elements: number): string {
  if (!Number.isInteger(elements)) return "Let the shape be larger";
  const rows = elements / row.reduce((product, side) => product * side, 1);
  return `The shape [${Number.isInteger(rows) ? [rows, ...row].join(", ") : elements}] delivers all`;
}

function checkDtype(output: ManifestOutput, path: JsonPath, layout: Layout, faults: Faults): void {
  const { dtype } = output;
  if (dtype === "u8") {
    checkBytes(output, path, layout, faults);
    return;
  }
  const scalar = onlyScalar(layout.kind === "array" ? layout.element : layout);
  const name = layoutName(layout);
  const at = [...path, "dtype"];
  if (scalar === undefined) faults.at(at, `${name} mixes several types, ${dtype} is one.`, "Use u8 for its raw bytes.");
  else if (dtype === "u64" || dtype === "i64") {
    if (scalar !== "u32") faults.at(at, `${dtype} is made of pairs of u32, ${name} of ${scalar}.`, `Use ${scalar}, or u8 for raw bytes.`);
  } else if (dtype !== scalar) {
    const signs = (dtype === "u32" && scalar === "i32") || (dtype === "i32" && scalar === "u32");
    if (signs) faults.warnAt(at, `${output.binding} is made of ${scalar} and its output is read as ${dtype}.`);
    else faults.at(at, `${name} is made of ${scalar}, the output says ${dtype}.`, `Use ${scalar}, or u8 for raw bytes.`);
  }
}

/** The type that a binding's output has, or should have, is as large as this one: its shape says how many bytes it has. */
export function hasItsSize(dtype: Dtype, layout: Layout): boolean {
  if (dtype === "u8") return true;
  const scalar = onlyScalar(layout.kind === "array" ? layout.element : layout);
  // A u64 is a pair of u32.
  const isPair = scalar === "u32" && (dtype === "u64" || dtype === "i64");
  return scalar !== undefined && (isPair || DTYPE_BYTES[dtype] === DTYPE_BYTES[scalar]);
}

/** Raw bytes are whole elements, and a reducer takes each byte for a number. */
function checkBytes(output: ManifestOutput, path: JsonPath, layout: Layout, faults: Faults): void {
  if (layout.kind !== "array") return;
  const { stride, element } = layout;
  const name = layoutName(element);
  const byteLength = outputBytes(output);
  if (byteLength % stride !== 0) {
    const wrong = `${output.shape.join(" x ")} bytes end inside an element of ${output.binding}: ${name} has ${stride}.`;
    faults.at([...path, "shape"], wrong, `Let the shape have a multiple of ${stride} bytes.`);
  } else if (output.reduce && output.reduce.kind !== "concat") {
    const instead = onlyScalar(element) === undefined ? "concat" : `dtype ${onlyScalar(element)}`;
    const text = `${output.reduce.kind} takes each byte of ${output.binding} for a number of its own, and ${name} has ${stride} bytes: packed ones, as RGBA, are ${stride} numbers. Use ${instead} where that is not meant.`;
    faults.warnAt([...path, "dtype"], text);
  }
}

function planReduce(output: ManifestOutput): Reduce {
  const reduce = output.reduce ?? { kind: "concat" };
  switch (reduce.kind) {
    case "concat":
    case "histogram":
      return reduce;
    case "sum":
    case "min":
    case "max":
    case "count":
      return { kind: reduce.kind, over: reduce.over ?? "all" };
    case "topk":
      return { kind: "topk", k: reduce.k, order: reduce.order ?? "largest" };
    case "image":
      return { kind: "image", columns: reduce.columns, range: reduce.range, scale: reduce.scale ?? "linear" };
    default:
      return reduce satisfies never;
  }
}
