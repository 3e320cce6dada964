/** Text that looks like what it is: without characters that are not seen and change how the text around them looks. */

/** Control characters, line and paragraph separators, and what turns the direction of writing: the inside of a character class. */
const HIDDEN = "\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff";
/** Half of a character: nothing shows it, and no UTF-8 has it. */
const HALF = "[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]";
/** Matches alike with and without the flag `u`, which validators set or not. */
const SEEN = `[^${HIDDEN}\\ud800-\\udfff]|[\\ud800-\\udbff][\\udc00-\\udfff]`;
/** A JSON Schema pattern of text on one line without them. */
export const PLAIN_PATTERN = `^(${SEEN})*$`;
/** The same with line breaks and tabs. */
export const PLAIN_LINES_PATTERN = `^(${SEEN}|[\\t\\n\\r])*$`;

const ONE = new RegExp(`[${HIDDEN}]|${HALF}`);
const ONE_IN_LINES = new RegExp(`(?![\\t\\n\\r])(?:[${HIDDEN}]|${HALF})`);
const RUNS = new RegExp(`(?:[${HIDDEN}]|${HALF})+`, "g");

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
