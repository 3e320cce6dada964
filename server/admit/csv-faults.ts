/** What is wrong with a table: the first faults of each kind in each column, and how many more there are. */
import { counted } from "../../shared/counted.ts";
import type { Fault } from "../../shared/errors.ts";
import { list } from "../../shared/kernel/path.ts";
import { isOpen, unquote } from "./csv-lines.ts";
import { DECIMAL, isTooLarge, tooLarge } from "./decimal.ts";

const MAX_CSV_COLUMNS = 64;
/** Faults of one kind in one column that are told with their places. */
const MAX_ALIKE = 3;
/** Kinds of faults in columns that are told; of the others it is told how many there are. */
const MAX_KINDS = 12;
const MAX_HEADER_FAULTS = 9;
const OPEN_QUOTE = {
  wrong: "A quote opens here and the line has none that closes it.",
  right: 'Close it with ", or remove it: numbers need none.',
};
export const INTEGER = /^[+-]?\d+$/;

interface Kind {
  first: Fault[];
  more: number;
}

export class TableFaults {
  private readonly file: string;
  private readonly whole: Fault[] = [];
  private readonly kinds = new Map<string, Kind>();
  private others = 0;

  constructor(file: string, header: readonly Fault[]) {
    this.file = file;
    this.whole.push(...header);
  }

  get isEmpty(): boolean {
    return this.whole.length + this.kinds.size === 0;
  }

  /** A fault that is one of its kind. */
  add(fault: Omit<Fault, "file">): void {
    this.whole.push({ file: this.file, ...fault });
  }

  /** A line without values. */
  emptyLine(line: number): void {
    this.count("empty", () => ({ line, column: 1, wrong: "The line is empty.", right: "Remove it." }));
  }

  /** A line with more or fewer fields than the header names. */
  ofLine(line: number, fields: readonly string[], names: readonly string[]): void {
    const open = fields.findIndex(isOpen);
    const [kind, right] =
      fields.length < names.length
        ? ["short", `The header has ${names.length}: add ${list(names.slice(fields.length))}.`]
        : ["long", `The header has ${names.length}: remove what is too much, and write decimals with a point.`];
    this.count(open >= 0 ? "open" : kind, () => {
      const column = fields.slice(0, Math.max(0, open)).reduce((at, field) => at + field.length + 1, 1);
      return { line, column, ...(open >= 0 ? OPEN_QUOTE : { wrong: `The line has ${counted(fields.length, "field")}.`, right }) };
    });
  }

  /** A value that is no number; `index`: of its column, `name`: where it has one. */
  ofValue(line: number, column: number, index: number, name: string | undefined, raw: string): void {
    const { kind, tell } = refusal(raw);
    this.count(`${index} ${kind}`, () => ({ line, column, ...(name ? { field: name } : {}), ...tell() }));
  }

  list(): Fault[] {
    const alike = [...this.kinds].flatMap(([key, { first, more }]) => {
      if (more === 0) return first;
      const last = first.at(-1);
      const what = key.includes(" ") ? `${counted(more, "more value")} of this column` : counted(more, "more line");
      return last ? [...first.slice(0, -1), { ...last, wrong: `${last.wrong.replace(/\.$/, "")}; so it is with ${what}.` }] : first;
    });
    const wrong = `${counted(this.others, "more value")} of other columns ${this.others === 1 ? "is" : "are"} wrong.`;
    const rest = this.others > 0 ? [{ file: this.file, wrong, right: "Mend the others first: they may have one cause." }] : [];
    return [...this.whole, ...alike, ...rest];
  }

  private count(key: string, make: () => Omit<Fault, "file">): void {
    const known = this.kinds.get(key);
    if (!known && this.kinds.size >= MAX_KINDS) this.others++;
    else if (!known) this.kinds.set(key, { first: [{ file: this.file, ...make() }], more: 0 });
    else if (known.first.length < MAX_ALIKE) known.first.push({ file: this.file, ...make() });
    else known.more++;
  }
}

/** What kind of fault a value is that is no number of ours, and its words. */
function refusal(raw: string): { kind: string; tell: () => Pick<Fault, "wrong" | "right"> } {
  const shown = raw.length > 40 ? `${raw.slice(0, 40)}…` : raw;
  const text = unquote(raw);
  if (INTEGER.test(text)) {
    const right = "Whole numbers are at most 18446744073709551615 and at least -9223372036854775808; for f32 write it as 1e23.";
    return { kind: "bits", tell: () => ({ wrong: `${shown.trim()} has more than 64 bits.`, right }) };
  }
  if (isOpen(raw)) return { kind: "quote", tell: () => OPEN_QUOTE };
  if (isTooLarge(text)) return { kind: "large", tell: () => tooLarge(shown) };
  const pointed = text.replace(",", ".");
  if (raw.includes(",") && DECIMAL.test(pointed))
    return { kind: "comma", tell: () => ({ wrong: `${shown.trim()} has a comma.`, right: `Write decimals with a point: ${pointed}.` }) };
  const right = "Write a decimal number of at most 64 bits, such as 42, -1 or 0.5.";
  return { kind: "text", tell: () => ({ wrong: `${JSON.stringify(shown)} is no number.`, right }) };
}

/** `ends`: the lines below cannot be told into columns. */
export function headerFaults(file: string, names: string[]): { faults: Fault[]; ends: boolean } {
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
  return { faults: faults.slice(0, MAX_HEADER_FAULTS), ends: false };
}
