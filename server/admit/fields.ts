/** Turns a value of the manifest into scalar writes of a type's layout, and checks that it fits at its extremes. */
import { counted } from "../../shared/counted.ts";
import { ExpandError, writeField } from "../../shared/expand.ts";
import { type Layout, layoutName, type Scalar } from "../../shared/kernel/layout.ts";
import { elementLayout, lengthOf } from "../../shared/kernel/path.ts";
import type { FieldWrite } from "../../shared/plan.ts";
import type { Json } from "./json.ts";
import { suggest } from "./nearest.ts";
import { isAffine, readSource, type Scope, type Sourced, type ValueFault } from "./sources.ts";

/** Words of one integer in limbs. */
const MAX_LIMBS = 1024;
/** Writes of one job; what is larger belongs into a file. */
export const MAX_WRITES = 16_384;

export interface FieldContext {
  scope: Scope;
  /** Length of the binding's runtime-sized array; null when unknown. */
  elements: number | null;
  /** Collects what is right but worth a word. */
  warn(text: string): void;
  /** Called for what refers to something that could not be read. */
  skip(): void;
}

/** Writes `value` at `offset`, appending to `writes`; what does not fit is appended to `faults`. */
export function writeValue(
  layout: Layout,
  offset: number,
  value: Json,
  context: FieldContext,
  writes: FieldWrite[],
  faults: ValueFault[],
  path: (string | number)[] = [],
): void {
  const fault = (wrong: string, right: string, at: (string | number)[] = []) => {
    faults.push({ wrong, right, at: [...path, ...at] });
  };
  if (faults.length > 20 || writes.length > MAX_WRITES) return;
  if (layout.kind === "struct") {
    writeStruct(layout, offset, value, context, writes, faults, path);
    return;
  }
  if (layout.kind === "scalar") {
    const found = readSource(value, context.scope);
    if ("wrong" in found) {
      if (found.told) context.skip();
      else fault(found.wrong, found.right, found.at);
      return;
    }
    const write: FieldWrite = { offset, as: layout.scalar, value: found.source };
    const misfit = checkFit(write, found, layout.scalar);
    if (misfit) {
      fault(misfit.wrong, misfit.right);
      return;
    }
    warnRounding(layout.scalar, found, context);
    writes.push(write);
    return;
  }
  if (Array.isArray(value)) {
    writeList(layout, offset, value, context, writes, faults, path);
    return;
  }

  const words = limbsOf(layout, context.elements);
  const whole = typeof value === "string" || isAffine(value);
  if (words !== undefined && whole) {
    const found = readSource(value, context.scope);
    if ("wrong" in found) {
      if (found.told) context.skip();
      else fault(found.wrong, found.right, found.at);
      return;
    }
    const write: FieldWrite = { offset, as: "limbs", words, value: found.source };
    const misfit = checkFit(write, found, `${32 * words} bits`);
    if (misfit) {
      fault(misfit.wrong, misfit.right);
      return;
    }
    writes.push(write);
    return;
  }
  const length = lengthOf(layout, context.elements);
  // How many words it has is not known.
  if (length === null && whole) return;
  const name = layoutName(layout);
  const limbs = words === undefined ? "" : `, or one integer of ${32 * words} bits as a decimal string`;
  fault(`${name} cannot take ${kindOf(value)}.`, `Write a list of ${length ?? "its"} elements${limbs}.`);
}

function writeStruct(
  layout: Layout & { kind: "struct" },
  offset: number,
  value: Json,
  context: FieldContext,
  writes: FieldWrite[],
  faults: ValueFault[],
  path: (string | number)[],
): void {
  const names = layout.members.map((member) => member.name);
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    faults.push({
      wrong: `${layout.name} cannot take ${kindOf(value)}.`,
      right: `Write an object with ${names.slice(0, 12).join(", ")}.`,
      at: path,
    });
    return;
  }
  for (const [name, part] of Object.entries(value)) {
    const member = layout.members.find((candidate) => candidate.name === name);
    if (!member) {
      faults.push({
        wrong: `${layout.name} has no member ${name}.`,
        right: suggest(name, names, `Its members are ${names.slice(0, 12).join(", ")}.`),
        at: [...path, name],
      });
    } else writeValue(member.layout, offset + member.offset, part, context, writes, faults, [...path, name]);
  }
}

function writeList(
  layout: Layout,
  offset: number,
  value: Json[],
  context: FieldContext,
  writes: FieldWrite[],
  faults: ValueFault[],
  path: (string | number)[],
): void {
  const flat = layout.kind === "matrix" && value.some((part) => !Array.isArray(part));
  if (flat && layout.kind === "matrix") {
    const cells = layout.columns * layout.rows;
    if (value.length !== cells) {
      faults.push({
        wrong: `The list has ${counted(value.length, "element")}.`,
        right: `${layoutName(layout)} has ${cells}, column after column: ${balance(value.length, cells)}.`,
        at: path,
      });
      return;
    }
    const cell = elementLayout(layout.column);
    value.forEach((part, index) => {
      const at = offset + Math.floor(index / layout.rows) * layout.stride + (index % layout.rows) * cell.stride;
      writeValue(cell.layout, at, part, context, writes, faults, [...path, index]);
    });
    return;
  }
  const length = lengthOf(layout, context.elements);
  const fixed = layout.kind !== "array";
  if (length !== undefined && length !== null && (value.length > length || (fixed && value.length !== length))) {
    const right = `${layoutName(layout)} has ${length}${fixed ? "" : " elements at most"}: ${balance(value.length, length)}.`;
    faults.push({ wrong: `The list has ${counted(value.length, "element")}.`, right, at: path });
    return;
  }
  const element = elementLayout(layout);
  value.forEach((part, index) => {
    writeValue(element.layout, offset + index * element.stride, part, context, writes, faults, [...path, index]);
  });
}

function balance(has: number, needs: number): string {
  return has < needs ? `add ${needs - has} more` : `remove ${has - needs}`;
}

/** How many 32-bit words an integer in limbs has here; undefined when the type is no row of u32 without gaps. */
function limbsOf(layout: Layout, elements: number | null): number | undefined {
  const length = lengthOf(layout, elements);
  if (length === undefined || length === null || length > MAX_LIMBS) return undefined;
  if (layout.kind === "vector") return layout.scalar === "u32" ? length : undefined;
  if (layout.kind !== "array" || layout.stride !== layout.element.size) return undefined;
  const { element } = layout;
  if (element.kind === "scalar") return element.scalar === "u32" && !element.atomic ? length : undefined;
  if (element.kind !== "vector" || element.scalar !== "u32") return undefined;
  const words = length * element.count;
  return words <= MAX_LIMBS ? words : undefined;
}

const SCRATCH = new DataView(new ArrayBuffer(4 * MAX_LIMBS));

/** Tries the write at its extremes, with the code that volunteers run. */
function checkFit(write: FieldWrite, found: Sourced, what: string): ValueFault | undefined {
  const integral = write.as === "u32" || write.as === "i32" || write.as === "limbs";
  const named = found.reference ? `${found.reference}${found.scaled ? ", scaled," : ""}` : short(found.extremes[0] ?? "");
  if (integral && !found.integer) {
    const right = write.as === "limbs" ? "Let it be a whole number." : "Let it be a whole number, or make the field f32.";
    const is = found.reference ? `is not always a whole number${at(found.fraction)}` : "is no whole number";
    return { wrong: `${named} ${is}, and ${what} holds whole numbers.`, right };
  }
  for (const [index, extreme] of found.extremes.entries()) {
    const place = () => at(found.cells?.[index]);
    if (!integral && !Number.isFinite(Number(extreme)))
      return { wrong: `${named} reaches ${short(extreme)}${place()}, which does not fit ${what}.`, right: rightFor(write, found) };
    try {
      const scope = { units: { count: 1 }, seed: 0n, index: 0 };
      writeField(SCRATCH, { ...write, offset: 0, value: { scale: "1", offset: extreme } }, scope);
    } catch (error) {
      if (!(error instanceof ExpandError)) throw error;
      const wrong = found.reference
        ? `${named} reaches ${short(extreme)}${place()}, which does not fit ${what}.`
        : `${short(extreme)} does not fit ${what}.`;
      return { wrong, right: rightFor(write, found) };
    }
  }
  if (integral && found.rounds) {
    const wrong = `${named} reaches ${short(found.extremes[1] ?? "")}, and a column with points or exponents is exact up to 2^53 only.`;
    return { wrong, right: "Write its numbers in plain digits." };
  }
  return undefined;
}

function at(cell: (() => string) | undefined): string {
  return cell === undefined ? "" : ` (${cell()})`;
}

function rightFor(write: FieldWrite, found: Sourced): string {
  if (found.source.of?.kind === "unit" && found.source.of.field === "seed")
    return "A seed has 64 bits: make the field vec2<u32>, or take $unit.index, which is another number for each unit too.";
  switch (write.as) {
    case "u32":
      if (found.extremes.some((extreme) => extreme.startsWith("-")))
        return "u32 holds 0 to 4294967295; make the field i32 for numbers below zero.";
      return "u32 holds 0 to 4294967295; make the field vec2<u32> for 64 bits.";
    case "i32":
      return "i32 holds -2147483648 to 2147483647; make the field vec2<u32> for 64 bits.";
    case "limbs":
      return "Use more words, or smaller numbers.";
    case "f16":
      return "f16 holds -65504 to 65504.";
    case "f32":
      return "f32 holds up to 3.4e38.";
    default:
      return write.as satisfies never;
  }
}

function warnRounding(scalar: Scalar, found: Sourced, context: FieldContext): void {
  if (!found.reference || !found.integer || (scalar !== "f32" && scalar !== "f16")) return;
  const exact = scalar === "f32" ? 2 ** 24 : 2 ** 11;
  const beyond = found.extremes.findIndex((extreme) => Math.abs(Number(extreme)) > exact);
  if (beyond < 0) return;
  const reached = `${found.scaled ? ", scaled," : ""} reaches ${short(found.extremes[beyond] ?? "")}${at(found.cells?.[beyond])}`;
  context.warn(`${found.reference}${reached}, and ${scalar} rounds whole numbers beyond ${exact}. Make the field u32 or i32.`);
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}…` : text;
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 20)}…${text.slice(-8)} (${text.length} characters)` : text;
}
