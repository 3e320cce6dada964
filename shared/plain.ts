/** Text that looks like what it is: without characters that are not seen and change how the text around them looks. */

/** Control characters, line and paragraph separators, and what turns the direction of writing: the inside of a character class. */
const HIDDEN = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff";
/** A JSON Schema pattern of text on one line without them. */
export const PLAIN_PATTERN = `^[^${HIDDEN}]*$`;
/** The same with line breaks and tabs. */
export const PLAIN_LINES_PATTERN = `^([^${HIDDEN}]|[\\t\\n\\r])*$`;

const ONE = new RegExp(`[${HIDDEN}]`);
const ONE_IN_LINES = new RegExp(`(?![\\t\\n\\r])[${HIDDEN}]`);
const RUNS = new RegExp(`[${HIDDEN}]+`, "g");

/** `text` on one line for a terminal: what is hidden becomes a blank where it breaks lines, else U+FFFD. */
export function plain(text: string): string {
  return text.replace(RUNS, (run) => (/^[\t\n\r\u2028\u2029]+$/.test(run) ? " " : "\ufffd"));
}

/** The first character of `text` that one of the two patterns forbids, as `U+202E`, and how many characters stand before it; undefined when there is none. */
export function hiddenIn(text: string, pattern = PLAIN_PATTERN): { name: string; before: number } | undefined {
  const found = (pattern === PLAIN_PATTERN ? ONE : ONE_IN_LINES).exec(text);
  if (!found) return undefined;
  return {
    name: `U+${found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`,
    before: [...text.slice(0, found.index)].length,
  };
}

/** JSON of `value` that no terminal takes for anything else: hidden characters are written as escapes. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(RUNS, (run) =>
    [...run].map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );
}
