/** CSV files with a header line, as typed binary tables: 8-byte little-endian columns of i64, u64 or f64. */

import type { Fault } from "../../shared/errors.ts";
import type { RowTable } from "../../shared/plan.ts";
import { headerFaults, INTEGER, TableFaults } from "./csv-faults.ts";
import { fieldsOf, linesOf, placeIn, unquote } from "./csv-lines.ts";
import { DECIMAL, decimalOf, isNegativeZero, MAX_U64 } from "./decimal.ts";

interface CsvColumn {
  name: string;
  type: RowTable["columns"][number]["type"];
  /** Least and greatest value; exact for integers. */
  min: bigint | number;
  max: bigint | number;
  /** Rows, from 0, of the first that is the least, of the first that is the greatest, and of the first that is no whole number. */
  minRow: number;
  maxRow: number;
  fractionRow?: number;
  /** A value is -0, which f64 alone can hold. */
  negativeZero?: true;
}

/** What is known of columns of numbers. */
export interface CsvColumns {
  columns: CsvColumn[];
  /** Where a value stands, `rows.csv:3:1`; `row` and `column` from 0. */
  cell(row: number, column: number): string;
  /** The numbers of a column, read once more; what is none is left out. */
  values(column: number): Iterable<bigint | number>;
}

export interface CsvTable extends CsvColumns {
  count: number;
  /** `8 * columns.length` bytes a row. */
  bytes: Uint8Array;
  /** Names of the columns that were left out. */
  texts: string[];
}

interface Unreadable {
  faults: Fault[];
  /** The columns, where the header names them. */
  names?: string[];
  /** Those that have numbers, by their good values alone. */
  part?: CsvColumns;
}

/** Fields of one table: 32 MiB of rows. */
export const MAX_CSV_FIELDS = 4 * 1024 * 1024;

const MIN_I64 = -(2n ** 63n);
const MAX_I64 = 2n ** 63n - 1n;
/** Whole numbers up to here are doubles. */
const MAX_EXACT = 2n ** 53n;

/**
 * Reads a table of numbers. A column is f64 when any of its values has a point or exponent, or is -0 and none is beyond 2^53; else
 * i64 when any is negative, else u64.
 * Columns that are not `used` and hold text, such as names of the lines, are left out.
 */
export function readCsv(file: string, bytes: Uint8Array, used: (name: string, names: readonly string[]) => boolean): CsvTable | Unreadable {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { faults: [{ file, wrong: "The file is not UTF-8.", right: "Save it as UTF-8." }] };
  }
  const lines = linesOf(text);
  const first = lines.next();
  if (first.done || first.value.text.trim() === "") {
    return { faults: [{ file, line: 1, column: 1, wrong: "The header line is missing.", right: "Name the columns in line 1: x,y" }] };
  }
  const names = fieldsOf(first.value.text).map(unquote);
  const header = headerFaults(file, names);
  if (header.ends) return { faults: header.faults };
  const faults = new TableFaults(file, header.faults);
  const width = names.length;
  const isUsed = names.map((name) => used(name, names));
  const types: CsvColumn["type"][] = names.map(() => "u64");
  const mins: (bigint | number | undefined)[] = names.map(() => undefined);
  const maxs: (bigint | number | undefined)[] = names.map(() => undefined);
  const minRows = names.map(() => 0);
  const maxRows = names.map(() => 0);
  const fractionRows: (number | undefined)[] = names.map(() => undefined);
  const isText = names.map(() => false);
  const negativeZeros = names.map(() => false);
  let count = 0;
  for (const line of lines) {
    if (line.text.trim() === "") {
      faults.emptyLine(line.number);
      continue;
    }
    const fields = fieldsOf(line.text);
    const row = line.number - 2;
    count++;
    if (count * width > MAX_CSV_FIELDS) {
      faults.add({
        line: line.number,
        wrong: `The table has more than ${MAX_CSV_FIELDS} fields.`,
        right: "Put large data into a split file.",
      });
      break;
    }
    if (fields.length !== width) {
      faults.ofLine(line.number, fields, names);
      continue;
    }
    let column = 1;
    for (let i = 0; i < width; i++) {
      const raw = fields[i] ?? "";
      const value = number(unquote(raw));
      if (value === undefined && names[i] && !isUsed[i]) isText[i] = true;
      else if (value === undefined) faults.ofValue(line.number, column, i, names[i], raw);
      else {
        if (isNegativeZero(unquote(raw))) negativeZeros[i] = true;
        if (typeof value === "number") {
          types[i] = "f64";
          if (!Number.isInteger(value)) fractionRows[i] ??= row;
        } else if (value < 0n && types[i] === "u64") types[i] = "i64";
        const min = mins[i];
        const max = maxs[i];
        if (min === undefined || value < min) {
          mins[i] = value;
          minRows[i] = row;
        }
        if (max === undefined || value > max) {
          maxs[i] = value;
          maxRows[i] = row;
        }
      }
      column += raw.length + 1;
    }
  }
  if (count === 0 && faults.isEmpty) faults.add({ line: 2, column: 1, wrong: "The table has no rows.", right: "Add a line of values." });
  const columnOf = (name: string, i: number): CsvColumn => {
    const fractionRow = fractionRows[i];
    const [min, max] = [mins[i] ?? 0n, maxs[i] ?? 0n];
    const exact = types[i] === "f64" || (min >= -MAX_EXACT && max <= MAX_EXACT);
    const negativeZero = negativeZeros[i] === true && exact;
    return {
      name,
      type: negativeZero ? ("f64" as const) : (types[i] ?? "f64"),
      min,
      max,
      minRow: minRows[i] ?? 0,
      maxRow: maxRows[i] ?? 0,
      ...(fractionRow === undefined ? {} : { fractionRow }),
      ...(negativeZero ? { negativeZero } : {}),
    };
  };
  const indices = names.flatMap((_, i) => (isText[i] ? [] : [i]));
  const columns = indices.map((i) => columnOf(names[i] ?? "", i));
  for (const { type, max, name } of columns) {
    if (type === "i64" && max > MAX_I64)
      faults.add({
        field: name,
        wrong: `The column has negative values and ${max}, which is above 2^63 - 1.`,
        right: "Keep it signed or unsigned.",
      });
  }
  if (columns.length === 0)
    faults.add({
      line: 2,
      column: 1,
      wrong: "No column holds numbers alone.",
      right: "Give a unit its numbers here, or use units.count.",
    });
  if (!faults.isEmpty) {
    const good = indices.filter((i) => mins[i] !== undefined);
    const part = columnsOf(
      file,
      text,
      good,
      columns.filter((_, at) => good.includes(indices[at] ?? -1)),
    );
    return { faults: faults.list(), ...(header.faults.length === 0 ? { names, part } : {}) };
  }
  const texts = names.filter((_, i) => isText[i]);
  return { ...columnsOf(file, text, indices, columns), count, texts, bytes: pack(text, columns, indices, count) };
}

/** `fields`: where in its line each column stands. */
function columnsOf(file: string, text: string, fields: readonly number[], columns: CsvColumn[]): CsvColumns {
  return {
    columns,
    cell: (row, column) => `${file}:${placeIn(text, row, fields[column] ?? 0)}`,
    *values(column) {
      const lines = linesOf(text);
      const width = fieldsOf(lines.next().value?.text ?? "").length;
      for (const line of lines) {
        const raws = fieldsOf(line.text);
        const value = raws.length === width ? number(unquote(raws[fields[column] ?? 0] ?? "")) : undefined;
        if (value !== undefined) yield value;
      }
    },
  };
}

/** The table's values as decimal strings, line by line. */
export function decimalLines(table: CsvTable): string[][] {
  const view = new DataView(table.bytes.buffer, table.bytes.byteOffset, table.bytes.byteLength);
  const lines: string[][] = [];
  let offset = 0;
  for (let row = 0; row < table.count; row++) {
    lines.push(
      table.columns.map((column) => {
        const at = offset;
        offset += 8;
        if (column.type === "f64") return decimalOf(view.getFloat64(at, true));
        return String(column.type === "i64" ? view.getBigInt64(at, true) : view.getBigUint64(at, true));
      }),
    );
  }
  return lines;
}

/** `fields`: where in its line each column stands. */
function pack(text: string, columns: readonly CsvColumn[], fields: readonly number[], count: number): Uint8Array {
  const bytes = new Uint8Array(8 * columns.length * count);
  const view = new DataView(bytes.buffer);
  const lines = linesOf(text);
  lines.next();
  let offset = 0;
  for (const line of lines) {
    const raws = fieldsOf(line.text);
    columns.forEach(({ type }, i) => {
      const written = unquote(raws[fields[i] ?? 0] ?? "");
      if (type === "f64") view.setFloat64(offset, Number(written), true);
      else view.setBigUint64(offset, BigInt.asUintN(64, BigInt(number(written) ?? 0n)), true);
      offset += 8;
    });
  }
  return bytes;
}

/** bigint for an integer of at most 64 bits, number for a decimal, undefined for anything else. */
function number(text: string): bigint | number | undefined {
  if (INTEGER.test(text)) {
    if (text.length > 64) return undefined;
    const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
    return value <= MAX_U64 && value >= MIN_I64 ? value : undefined;
  }
  if (text.length > 64 || !DECIMAL.test(text)) return undefined;
  const value = Number(text);
  return Number.isFinite(value) ? value : undefined;
}
