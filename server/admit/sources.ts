/** What a value of the manifest may refer to, and between which extremes it lies. */

import type { Source, SourceRef, UnitSpace } from "../../shared/plan.ts";
import type { CsvColumns, CsvTable } from "./csv.ts";
import { DECIMAL, decimalOf, isNegativeZero, isTooLarge, MAX_U64, tooLarge } from "./decimal.ts";
import type { Json } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";

/** In the place of what could not be read: its own faults are told, what refers to it has none of its own. */
export const UNREAD = "unread";

/** A table with faults, or one that is not there: the names of its columns, where they could be read, and what is known by their good values. */
export interface UnreadTable {
  unread: readonly string[] | undefined;
  part?: CsvColumns;
}

/** The references that are allowed where a value stands. */
export interface Scope {
  units: UnitSpace | typeof UNREAD;
  /** The table of `units.rows`; undefined when the units have none. */
  rows?: CsvTable | UnreadTable;
  /** Present inside a pass. */
  pass?: { index: number; repeat: number; table?: CsvTable | UnreadTable };
}

/** A source with the extremes of its value over all units and iterations. */
export interface Sourced {
  source: Source;
  /** What `source` refers to, as written, or undefined for a constant. */
  reference?: string;
  /** It is an affine map of that, not the value itself. */
  scaled?: true;
  /** Values at the extremes, as decimal strings. */
  extremes: string[];
  /** Where in a table the extremes come from, one for each; looked up only for a fault. */
  cells?: (() => string)[];
  /** All of its values are integers. */
  integer: boolean;
  /** Where in a table the first value is that is none. */
  fraction?: () => string;
  /** Integers that are computed in f64 and reach beyond 2^53. */
  rounds?: boolean;
  /** All of its values in a table, as decimal strings. */
  values?: () => Iterable<string>;
}

export interface ValueFault {
  wrong: string;
  right: string;
  /** Steps from the value to the part that is wrong. */
  at?: (string | number)[];
  /** It only follows from a fault that is told elsewhere. */
  told?: true;
}

const TOLD: ValueFault = { wrong: "What it refers to could not be read.", right: "Mend that first.", told: true };

/** Digits of 1,024 words and room to spare. */
const MAX_DIGITS = 10_000;
const UNIT_FIELDS = ["index", "x", "y", "z", "count", "seed"] as const;
/** What `$pass` has beside the columns of its table. */
export const PASS_FIELDS = ["index", "iteration"] as const;

/** Reads a scalar: a number, a decimal string, a `$reference`, or an affine map of one. */
export function readSource(value: Json, scope: Scope): Sourced | ValueFault {
  if (typeof value === "number") return constant(decimalOf(value));
  if (typeof value === "string") {
    if (!value.startsWith("$")) {
      if (isDecimal(value)) return constant(isNegativeZero(value) ? "-0.0" : trimPlus(value));
      if (isTooLarge(value)) return tooLarge(value);
      return { wrong: `${JSON.stringify(value.slice(0, 60))} is neither a number nor a reference.`, right: REFERENCES };
    }
    return affine(value, "1", "0", scope);
  }
  if (value !== null && typeof value === "object" && !Array.isArray(value)) return readAffine(value, scope);
  const shown = Array.isArray(value) ? "a list" : String(value);
  return { wrong: `It is ${shown}, where one number is expected.`, right: REFERENCES };
}

/** True for `{of, scale, offset}`. */
export function isAffine(value: Json): boolean {
  return value !== null && typeof value === "object" && !Array.isArray(value) && typeof value.of === "string";
}

const REFERENCES = 'Write a number, "$unit.index", "$row.column", "$pass.iteration", or {"of": "$unit.x", "scale": 2, "offset": 1}.';

function readAffine(value: { [key: string]: Json }, scope: Scope): Sourced | ValueFault {
  for (const key of Object.keys(value)) {
    if (key !== "of" && key !== "scale" && key !== "offset") {
      return {
        wrong: `${key} is unknown in an affine map.`,
        right: suggest(key, ["of", "scale", "offset"], "It has of, scale and offset."),
        at: [key],
      };
    }
  }
  if (typeof value.of !== "string")
    return { wrong: "of is missing.", right: 'An affine map is {"of": "$unit.x", "scale": 2, "offset": 1}.' };
  const factors: string[] = [];
  for (const key of ["scale", "offset"] as const) {
    const part = value[key] ?? (key === "scale" ? 1 : 0);
    if (typeof part === "number") factors.push(String(part));
    else if (typeof part === "string" && isDecimal(part)) factors.push(trimPlus(part));
    else return { wrong: `${key} is no number.`, right: "Write a number, or a decimal string for more than 53 bits.", at: [key] };
  }
  return affine(value.of, factors[0] ?? "1", factors[1] ?? "0", scope);
}

function affine(reference: string, scale: string, offset: string, scope: Scope): Sourced | ValueFault {
  const found = refer(reference, scope);
  if ("wrong" in found) return found;
  const exact = typeof found.min === "bigint" && isInteger(scale) && isInteger(offset);
  const map = (of: bigint | number) =>
    exact ? String(BigInt(scale) * BigInt(of) + BigInt(offset)) : String(Number(scale) * Number(of) + Number(offset));
  const extremes = [map(found.min), map(found.max)];
  const whole = exact || (found.whole === true && isInteger(scale) && isInteger(offset));
  return {
    // What is added to a negative zero must be one too, or the sum has lost the sign.
    source: { of: found.ref, scale, offset: found.negativeZero && offset === "0" ? "-0.0" : offset },
    reference,
    ...(scale === "1" && offset === "0" ? {} : { scaled: true }),
    extremes,
    ...(found.cells ? { cells: found.cells } : {}),
    integer: whole,
    ...(found.fraction ? { fraction: found.fraction } : {}),
    ...(found.values ? { values: () => mapped(found.values, map) } : {}),
    ...(whole && !exact && extremes.some((extreme) => Math.abs(Number(extreme)) > 2 ** 53) ? { rounds: true } : {}),
  };
}

function* mapped(values: Referred["values"], map: (value: bigint | number) => string): Iterable<string> {
  for (const value of values?.() ?? []) yield map(value);
}

interface Referred {
  ref: SourceRef;
  min: bigint | number;
  max: bigint | number;
  cells?: (() => string)[];
  /** Of a column with points or exponents: all its values are integers all the same. */
  whole?: boolean;
  fraction?: () => string;
  negativeZero?: true;
  values?: () => Iterable<bigint | number>;
}

function refer(reference: string, scope: Scope): Referred | ValueFault {
  const parts = /^\$(\w+)\.(\w+)$/.exec(reference);
  const [, space, name] = parts ?? [];
  if (!space || !name) return { wrong: `${JSON.stringify(reference.slice(0, 60))} is no reference.`, right: REFERENCES };
  if (space === "unit") return unitReference(name, scope);
  if (space === "row") {
    if (!scope.rows) return { wrong: "The units have no rows.", right: 'Let units be {"rows": "params.csv"}.' };
    if ("unread" in scope.rows) return unreadColumn(name, scope.rows, "units' table", (index) => ({ kind: "row", column: index }));
    return column(name, scope.rows, "units' table", (index) => ({ kind: "row", column: index }));
  }
  if (space === "pass") return passReference(name, scope);
  return { wrong: `There is no $${space}.`, right: suggest(space, ["unit", "row", "pass"], "There are $unit, $row and $pass.") };
}

/** Of a table that has faults the good values have to fit as well. */
function unreadColumn(
  name: string,
  { unread, part }: UnreadTable,
  title: string,
  ref: (index: number) => SourceRef,
): Referred | ValueFault {
  if (unread && !unread.includes(name)) return noColumn(name, unread, title);
  return part?.columns.some((known) => known.name === name) ? column(name, part, title, ref) : TOLD;
}

function noColumn(name: string, names: readonly string[], title: string): ValueFault {
  return { wrong: `The ${title} has no column ${name}.`, right: suggest(name, names, `Its columns are ${names.join(", ")}.`) };
}

function unitReference(name: string, { units }: Scope): Referred | ValueFault {
  const field = UNIT_FIELDS.find((candidate) => candidate === name);
  if (!field) return { wrong: `There is no $unit.${name}.`, right: suggest(name, UNIT_FIELDS, `There are ${UNIT_FIELDS.join(", ")}.`) };
  const ref: SourceRef = { kind: "unit", field };
  if (field === "seed") return { ref, min: 0n, max: MAX_U64 };
  if (units === UNREAD) return TOLD;
  if (field === "count") return { ref, min: BigInt(units.count), max: BigInt(units.count) };
  if (field === "index") return { ref, min: 0n, max: BigInt(units.count - 1) };
  if (!units.grid)
    return { wrong: `The units have no ${field}: they are no grid.`, right: 'Use $unit.index, or let units be {"grid": [x, y, z]}.' };
  const side = units.grid["xyz".indexOf(field)] ?? 1;
  return { ref, min: 0n, max: BigInt(side - 1) };
}

function passReference(name: string, { pass }: Scope): Referred | ValueFault {
  if (!pass) return { wrong: `$pass.${name} has no value outside of a pass.`, right: "Move it to the set of the pass." };
  if (name === "index") return { ref: { kind: "pass", field: "index" }, min: BigInt(pass.index), max: BigInt(pass.index) };
  if (name === "iteration") return { ref: { kind: "pass", field: "iteration" }, min: 0n, max: BigInt(pass.repeat - 1) };
  if (pass.table && "unread" in pass.table)
    return unreadColumn(name, pass.table, "pass's table", (index) => ({ kind: "pass-row", column: index }));
  if (!pass.table) {
    const right = nearest(name, PASS_FIELDS);
    return {
      wrong: `There is no $pass.${name}: the pass has no table.`,
      right: right ? `Did you mean $pass.${right}?` : `Give the pass a table with a column ${name}, or use $pass.iteration.`,
    };
  }
  return column(name, pass.table, "pass's table", (index) => ({ kind: "pass-row", column: index }));
}

function column(
  name: string,
  { columns, cell, values }: CsvColumns,
  title: string,
  ref: (index: number) => SourceRef,
): Referred | ValueFault {
  const index = columns.findIndex((candidate) => candidate.name === name);
  const found = columns[index];
  const names = columns.map((candidate) => candidate.name);
  if (!found) return noColumn(name, names, title);
  const float = found.type === "f64";
  const { minRow, maxRow, fractionRow } = found;
  return {
    ref: ref(index),
    min: float ? Number(found.min) : found.min,
    max: float ? Number(found.max) : found.max,
    cells: [() => cell(minRow, index), () => cell(maxRow, index)],
    values: () => values(index),
    ...(float ? { whole: fractionRow === undefined } : {}),
    ...(found.negativeZero ? { negativeZero: true } : {}),
    ...(fractionRow === undefined ? {} : { fraction: () => cell(fractionRow, index) }),
  };
}

function constant(text: string): Sourced {
  return { source: { scale: "1", offset: text }, extremes: [text], integer: isInteger(text) || Number.isInteger(Number(text)) };
}

function isDecimal(text: string): boolean {
  return text.length <= MAX_DIGITS && DECIMAL.test(text) && (isInteger(text) || Number.isFinite(Number(text)));
}

function isInteger(text: string): boolean {
  return /^[+-]?\d+$/.test(text);
}

function trimPlus(text: string): string {
  return text.startsWith("+") ? text.slice(1) : text;
}
