/** Turns a value of the manifest into scalar writes of a type's layout, and checks that it fits at its extremes. */
import { counted } from "../../shared/counted.ts";
import { type Layout, layoutName, type Scalar } from "../../shared/kernel/layout.ts";
import { elementLayout, lengthOf } from "../../shared/kernel/path.ts";
import type { FieldWrite } from "../../shared/plan.ts";
import { at, MAX_LIMBS, misfitsOf, short } from "./fit.ts";
import type { Json } from "./json.ts";
import { suggest } from "./nearest.ts";
import { isAffine, readSource, type Scope, type Sourced, type ValueFault } from "./sources.ts";

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
    const misfits = misfitsOf(write, found, layout.scalar);
    for (const { wrong, right } of misfits) fault(wrong, right);
    if (misfits.length > 0) return;
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
    const misfits = misfitsOf(write, found, `${32 * words} bits`);
    for (const { wrong, right } of misfits) fault(wrong, right);
    if (misfits.length === 0) writes.push(write);
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
