/** CSV files with a header line, as typed binary tables: 8-byte little-endian columns of i64, u64 or f64. */

import { counted } from "../../shared/counted.ts";
import type { Fault } from "../../shared/errors.ts";
import { list } from "../../shared/kernel/path.ts";
import type { RowTable } from "../../shared/plan.ts";
import { fieldsOf, isOpen, linesOf, placeIn, unquote } from "./csv-lines.ts";
import { DECIMAL, decimalOf, isNegativeZero, isTooLarge, MAX_U64, tooLarge } from "./decimal.ts";

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

export interface CsvTable {
  columns: CsvColumn[];
  count: number;
  /** `8 * columns.length` bytes a row. */
  bytes: Uint8Array;
  /** Names of the columns that were left out. */
  texts: string[];
  /** Where a value stands, `rows.csv:3:1`; `row` and `column` from 0. */
  cell(row: number, column: number): string;
}

interface Unreadable {
  faults: Fault[];
  /** The columns, where the header names them. */
  names?: string[];
}

const MAX_CSV_COLUMNS = 64;
/** Fields of one table: 32 MiB of rows. */
export const MAX_CSV_FIELDS = 4 * 1024 * 1024;

const MAX_FAULTS = 10;
const OPEN_QUOTE = {
  wrong: "A quote opens here and the line has none that closes it.",
  right: 'Close it with ", or remove it: numbers need none.',
};
const INTEGER = /^[+-]?\d+$/;
const MIN_I64 = -(2n ** 63n);
const MAX_I64 = 2n ** 63n - 1n;
/** Whole numbers up to here are doubles. */
const MAX_EXACT = 2n ** 53n;

/**
 * Reads a table of numbers. A column is f64 when any of its values has a point or exponent, or is -0 and none is beyond 2^53; else
 * i64 when any is negative, else u64.
 * Columns that are not `used` and hold text, such as names of the lines, are left out.
 */
export function readCsv(file: string, bytes: Uint8Array, used: (name: string) => boolean): CsvTable | Unreadable {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return { faults: [{ file, wrong: "The file is not UTF-8.", right: "Save it as UTF-8." }] };
  }
  const faults: Fault[] = [];
  const lines = linesOf(text);
  const first = lines.next();
  if (first.done || first.value.text.trim() === "") {
    return { faults: [{ file, line: 1, column: 1, wrong: "The header line is missing.", right: "Name the columns in line 1: x,y" }] };
  }
  const names = fieldsOf(first.value.text).map(unquote);
  const header = headerFaults(file, names);
  if (header.ends) return { faults: header.faults };
  faults.push(...header.faults);
  const named = header.faults.length === 0 ? { names } : {};

  const width = names.length;
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
      faults.push({ file, line: line.number, column: 1, wrong: "The line is empty.", right: "Remove it." });
    } else {
      const fields = fieldsOf(line.text);
      count++;
      if (fields.length !== width) {
        const open = fields.findIndex(isOpen);
        const before = fields.slice(0, Math.max(0, open));
        faults.push({
          file,
          line: line.number,
          column: before.reduce((at, field) => at + field.length + 1, 1),
          ...(open >= 0
            ? OPEN_QUOTE
            : {
                wrong: `The line has ${counted(fields.length, "field")}.`,
                right:
                  fields.length < width
                    ? `The header has ${width}: add ${list(names.slice(fields.length).map((name) => name ?? "a value"))}.`
                    : `The header has ${width}: remove what is too much, and write decimals with a point.`,
              }),
        });
      } else if (count * width > MAX_CSV_FIELDS) {
        faults.push({
          file,
          line: line.number,
          wrong: `The table has more than ${MAX_CSV_FIELDS} fields.`,
          right: "Put large data into a split file.",
        });
        break;
      } else {
        let column = 1;
        for (let i = 0; i < width; i++) {
          const raw = fields[i] ?? "";
          const value = number(unquote(raw));
          const field = names[i];
          if (value === undefined && field && !used(field)) isText[i] = true;
          else if (value === undefined) {
            faults.push({ file, line: line.number, column, ...(field ? { field } : {}), ...refusal(raw) });
          } else {
            if (isNegativeZero(unquote(raw))) negativeZeros[i] = true;
            if (typeof value === "number") {
              types[i] = "f64";
              if (!Number.isInteger(value)) fractionRows[i] ??= count - 1;
            } else if (value < 0n && types[i] === "u64") types[i] = "i64";
            const min = mins[i];
            const max = maxs[i];
            if (min === undefined || value < min) {
              mins[i] = value;
              minRows[i] = count - 1;
            }
            if (max === undefined || value > max) {
              maxs[i] = value;
              maxRows[i] = count - 1;
            }
          }
          column += raw.length + 1;
        }
      }
    }
    if (faults.length >= MAX_FAULTS) return { faults, ...named };
  }
  if (count === 0 && faults.length === 0)
    faults.push({ file, line: 2, column: 1, wrong: "The table has no rows.", right: "Add a line of values." });
  const columns = names.flatMap((name, i): CsvColumn[] => {
    if (isText[i]) return [];
    const fractionRow = fractionRows[i];
    const [min, max] = [mins[i] ?? 0n, maxs[i] ?? 0n];
    const exact = types[i] === "f64" || (min >= -MAX_EXACT && max <= MAX_EXACT);
    const negativeZero = negativeZeros[i] === true && exact;
    const column = {
      name,
      type: negativeZero ? ("f64" as const) : (types[i] ?? "f64"),
      min,
      max,
      minRow: minRows[i] ?? 0,
      maxRow: maxRows[i] ?? 0,
      ...(fractionRow === undefined ? {} : { fractionRow }),
      ...(negativeZero ? { negativeZero } : {}),
    };
    return [column];
  });
  for (const column of columns) {
    if (column.type === "i64" && column.max > MAX_I64) {
      faults.push({
        file,
        field: column.name,
        wrong: `The column has negative values and ${column.max}, which is above 2^63 - 1.`,
        right: "Keep it signed or unsigned.",
      });
    }
  }
  if (columns.length === 0)
    faults.push({
      file,
      line: 2,
      column: 1,
      wrong: "No column holds numbers alone.",
      right: "Give a unit its numbers here, or use units.count.",
    });
  if (faults.length > 0) return { faults, ...named };
  const fields = names.flatMap((_, i) => (isText[i] ? [] : [i]));
  const cell = (row: number, column: number) => `${file}:${placeIn(text, row, fields[column] ?? 0)}`;
  const texts = names.filter((_, i) => isText[i]);
  return { columns, count, texts, bytes: pack(text, columns, fields, count), cell };
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

function refusal(raw: string): Pick<Fault, "wrong" | "right"> {
  const shown = raw.length > 40 ? `${raw.slice(0, 40)}…` : raw;
  if (INTEGER.test(unquote(raw))) {
    const right = "Whole numbers are at most 18446744073709551615 and at least -9223372036854775808; for f32 write it as 1e23.";
    return { wrong: `${shown.trim()} has more than 64 bits.`, right };
  }
  if (isOpen(raw)) return OPEN_QUOTE;
  if (isTooLarge(unquote(raw))) return tooLarge(shown);
  const pointed = unquote(raw).replace(",", ".");
  if (raw.includes(",") && DECIMAL.test(pointed))
    return { wrong: `${shown.trim()} has a comma.`, right: `Write decimals with a point: ${pointed}.` };
  return { wrong: `${JSON.stringify(shown)} is no number.`, right: "Write a decimal number of at most 64 bits, such as 42, -1 or 0.5." };
}

/** `ends`: the lines below cannot be told into columns. */
function headerFaults(file: string, names: string[]): { faults: Fault[]; ends: boolean } {
  const faults: Fault[] = [];
  if (names.length > MAX_CSV_COLUMNS) {
    const wrong = `The table has ${names.length} columns.`;
    return { faults: [{ file, line: 1, column: 1, wrong, right: `At most ${MAX_CSV_COLUMNS} are allowed.` }], ends: true };
  }
  const seen = new Set<string>();
  const [, separator] = /^\w+([;\t|])/.exec(names.length === 1 ? (names[0] ?? "") : "") ?? [];
  if (separator) {
    const wrong = `Line 1 has no comma, and ${JSON.stringify(separator)} instead.`;
    const right = "Separate values by commas, and write decimals with a point.";
    return { faults: [{ file, line: 1, column: 1, wrong, right }], ends: true };
  }
  names.forEach((name, index) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(name)) {
      const shown = JSON.stringify(name.slice(0, 40));
      faults.push({
        file,
        line: 1,
        column: 1,
        wrong: `Column ${index + 1} is called ${shown}.`,
        right: "Line 1 must name the columns with letters, digits and _.",
      });
    } else if (seen.has(name)) {
      faults.push({
        file,
        line: 1,
        column: 1,
        field: name,
        wrong: `Two columns are called ${name}.`,
        right: "Give each a name of its own.",
      });
    }
    seen.add(name);
  });
  return { faults: faults.slice(0, MAX_FAULTS - 1), ends: false };
}
