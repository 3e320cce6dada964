/** A JSON reader that remembers where each value stands, so that a fault can name its line and column. */
import type { Fault } from "../../shared/errors.ts";
import { decimalFor, HEXADECIMAL, LONE, MAX_HEXADECIMAL, MEMBER, QUOTES, wordFor } from "./json-words.ts";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Line and column, from 1; columns count UTF-16 units. */
interface JsonPlace {
  line: number;
  column: number;
}

export interface JsonText {
  value: Json;
  /** Where the value at this path stands; for a path that is not there, its nearest parent. */
  placeOf(path: JsonPath): JsonPlace;
}

export type JsonPath = readonly (string | number)[];

/** Nesting beyond this is no manifest. */
const MAX_DEPTH = 64;

/** What could be read of a JSON text. */
interface JsonReading {
  /** Undefined where the reader could not go on. */
  json?: JsonText;
  /** In the order of the text. */
  faults: Fault[];
  /** Members of the outermost object that were read to their end. */
  whole: Json;
}

/** Reads `text`. A syntax fault has its place; a key that occurs twice is one too. */
export function readJson(file: string, text: string): JsonText | Fault {
  const { json, faults } = readOn(file, text);
  const [fault] = faults;
  if (fault) return fault;
  if (!json) throw new Error("a text without a fault was not read");
  return json;
}

/** The same, and on from faults behind which it is sure how the text goes on: comments, and commas too many or too few. */
export function readOn(file: string, text: string): JsonReading {
  const reader = new JsonReader(text);
  const faultsOf = (found: readonly JsonFault[]) =>
    found.map(({ offset, message, right }): Fault => ({ file, ...reader.place(offset), wrong: message, right }));
  try {
    const value = reader.document();
    return { json: { value, placeOf: (path) => reader.placeOf(path) }, faults: faultsOf(reader.told), whole: value };
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return { faults: faultsOf([...reader.told, error]), whole: reader.whole };
  }
}

/** More faults than these, and the text is something else. */
const MAX_TOLD = 20;
class JsonFault extends Error {
  readonly offset: number;
  readonly right: string;

  constructor(offset: number, wrong: string, right: string) {
    super(wrong);
    this.offset = offset;
    this.right = right;
  }
}

interface Node {
  offset: number;
  children?: Map<string | number, Node>;
}

class JsonReader {
  private readonly text: string;
  private at = 0;
  private root: Node = { offset: 0 };
  /** Faults behind which it was read on. */
  readonly told: JsonFault[] = [];
  /** The outermost object, as far as it was read. */
  whole: Json = null;

  constructor(text: string) {
    this.text = text;
  }

  document(): Json {
    if (this.text.charCodeAt(0) === 0xfeff) this.at = 1;
    const node: Node = { offset: this.at };
    const value = this.value(node, 0);
    this.root = node;
    this.space();
    if (this.at < this.text.length) this.fail("There is something after the end of the JSON value.", "Remove it, or a bracket too many.");
    return value;
  }

  placeOf(path: JsonPath): JsonPlace {
    let node = this.root;
    for (const step of path) {
      const child = node.children?.get(step);
      if (!child) break;
      node = child;
    }
    return this.place(node.offset);
  }

  place(offset: number): JsonPlace {
    let line = 1;
    let start = 0;
    for (let next = this.text.indexOf("\n"); next >= 0 && next < offset; next = this.text.indexOf("\n", next + 1)) {
      line++;
      start = next + 1;
    }
    return { line, column: offset - start + 1 };
  }

  private value(node: Node, depth: number): Json {
    this.space();
    node.offset = this.at;
    if (depth > MAX_DEPTH) this.fail(`The JSON is nested more than ${MAX_DEPTH} deep.`, "A manifest is not that deep.");
    const char = this.text[this.at];
    if (char === "{") return this.object(node, depth);
    if (char === "[") return this.array(node, depth);
    if (char === '"') return this.string();
    const word = /[A-Za-z]+/y;
    word.lastIndex = this.at;
    const found = word.exec(this.text)?.[0];
    if (found) {
      if (found !== "true" && found !== "false" && found !== "null") {
        this.fail(`${found.slice(0, 40)} is no JSON value.`, wordFor(found));
      }
      this.at += found.length;
      return found === "null" ? null : found === "true";
    }
    return this.number();
  }

  private object(node: Node, depth: number): Json {
    const found: { [key: string]: Json } = {};
    if (depth === 0) this.whole = found;
    const children = new Map<string | number, Node>();
    node.children = children;
    this.at++;
    this.space();
    if (this.text[this.at] === "}") {
      this.at++;
      return found;
    }
    for (;;) {
      this.space();
      const keyAt = this.at;
      if (this.text[this.at] !== '"') {
        this.refuseQuote();
        this.refuseComma();
        this.fail("A key between double quotes is missing here.", 'Write "name": value.');
      }
      const key = this.string();
      if (children.has(key)) this.fail(`The key ${key.slice(0, 60)} occurs twice.`, "Remove one of them.", keyAt);
      this.space();
      if (this.text[this.at] !== ":") this.fail("A colon is missing here.", 'Write "name": value.');
      this.at++;
      const child: Node = { offset: this.at };
      const value = this.value(child, depth + 1);
      children.set(key, child);
      Object.defineProperty(found, key, { value, enumerable: true, configurable: true, writable: true });
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "}") {
        const fault = ["A comma or } is missing here.", "Put a comma between members and } after the last."] as const;
        MEMBER.lastIndex = this.at;
        if (!MEMBER.test(this.text)) this.fail(...fault);
        this.tell(this.at, ...fault);
        continue;
      }
      const commaAt = this.at++;
      if (next === "}" || this.endsAfter("}", commaAt)) return found;
    }
  }

  private array(node: Node, depth: number): Json {
    const found: Json[] = [];
    const children = new Map<string | number, Node>();
    node.children = children;
    this.at++;
    this.space();
    if (this.text[this.at] === "]") {
      this.at++;
      return found;
    }
    for (;;) {
      const child: Node = { offset: this.at };
      found.push(this.value(child, depth + 1));
      children.set(found.length - 1, child);
      this.space();
      const next = this.text[this.at];
      if (next !== "," && next !== "]") this.fail("A comma or ] is missing here.", "Put a comma between elements and ] after the last.");
      const commaAt = this.at++;
      if (next === "]" || this.endsAfter("]", commaAt)) return found;
    }
  }

  private refuseComma(): void {
    if (this.text[this.at] === ",") this.fail("There is a comma too many.", "Remove the comma.");
  }

  /** After a comma another value comes; true where the end does. */
  private endsAfter(end: string, commaAt: number): boolean {
    this.space();
    if (this.text[this.at] !== end) return false;
    this.tell(commaAt, `There is a comma before the ${end}.`, "Remove the comma.");
    this.at++;
    return true;
  }

  private string(): string {
    const start = this.at;
    let end = start + 1;
    while (end < this.text.length && this.text[end] !== '"') end += this.text[end] === "\\" ? 2 : 1;
    try {
      const value = JSON.parse(this.text.slice(start, end + 1)) as string;
      this.at = end + 1;
      if (LONE.test(value)) this.fail("This text has half of a character, a lone surrogate.", "Write both halves, or remove it.", start);
      return value;
    } catch (error) {
      if (error instanceof JsonFault) throw error;
      return this.fail("This text is not closed, or has a line break or a wrong escape in it.", 'Close it with " on the same line.');
    }
  }

  private number(): number {
    const token = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    token.lastIndex = this.at;
    const found = token.exec(this.text)?.[0];
    if (found === undefined || found === "") {
      if (this.text.trim() === "") this.fail("The file is empty.", "Write a manifest into it: idlewave new makes one to change.");
      if (this.at >= this.text.length) this.fail("The file ends in the middle of a value.", "Close what is open.");
      this.refuseQuote();
      this.refuseComma();
      this.fail(
        `A value is missing here, there is ${JSON.stringify(this.text[this.at])}.`,
        'Write a number, "text", true, false, [list] or {object}.',
      );
    }
    HEXADECIMAL.lastIndex = this.at;
    const hexadecimal = HEXADECIMAL.exec(this.text)?.[0];
    if (hexadecimal) {
      const digits = hexadecimal.replace("-", "");
      const right = digits.length > MAX_HEXADECIMAL ? "Write it in decimal." : `Write ${decimalFor(hexadecimal)}.`;
      this.fail(`${hexadecimal.slice(0, 40)} is hexadecimal, and JSON has decimal numbers alone.`, right);
    }
    const value = Number(found);
    if (!Number.isFinite(value))
      this.fail(`${found.slice(0, 40)} is beyond double precision.`, "Write it as a decimal string between quotes.");
    if (/^-?\d+$/.test(found) && !Number.isSafeInteger(value)) {
      this.fail(
        `${found.slice(0, 40)} has more than 53 bits and would be rounded.`,
        `Write it as a decimal string: "${found.slice(0, 40)}".`,
      );
    }
    this.at += found.length;
    return value;
  }

  /** Single and typographic quotes are none of JSON's. */
  private refuseQuote(): void {
    const quote = QUOTES.exec(this.text.charAt(this.at))?.[0];
    if (quote !== undefined) this.fail(`There is ${quote}, which is no quote of JSON.`, 'Write straight double quotes, "like this".');
  }

  private space(): void {
    for (;;) {
      const code = this.text.charCodeAt(this.at);
      if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) this.at++;
      else if (this.text.startsWith("//", this.at)) this.comment("\n");
      else if (this.text.startsWith("/*", this.at)) this.comment("*/");
      else break;
    }
  }

  private comment(end: string): void {
    const fault = ["JSON has no comments.", "Remove it; use the description for words."] as const;
    const found = this.text.indexOf(end, this.at + 2);
    if (found < 0) this.fail(...fault);
    this.tell(this.at, ...fault);
    this.at = found + end.length;
  }

  /** A fault behind which the reader goes on. */
  private tell(offset: number, wrong: string, right: string): void {
    const fault = new JsonFault(offset, wrong, right);
    if (this.told.length >= MAX_TOLD) throw fault;
    this.told.push(fault);
  }

  private fail(wrong: string, right: string, offset = this.at): never {
    throw new JsonFault(offset, wrong, right);
  }
}
