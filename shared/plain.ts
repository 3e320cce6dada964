/** Text that looks like what it is: without characters that are not seen and change how the text around them looks. Patterns are read with the flag `u`. */

/** Control characters, halves of characters, separators of lines, and whatever else shows nothing or turns the direction of writing: the inside of a character class. */
const HIDDEN = "\\p{Cc}\\p{Cs}\\p{Zl}\\p{Zp}\\p{Default_Ignorable_Code_Point}\\u2800\\ufff9-\\ufffc";
/** Emoji and some scripts are written with joiners and selectors between their characters: two at most, and none in ASCII, which looks the same with and without them. */
const JOINER = `(?<=[^\\u0000-\\u007f${HIDDEN}][\\ufe0e\\ufe0f]?)[\\u200c\\u200d\\ufe0e\\ufe0f]`;
/** Marks on one character that no script needs: they would lie over the lines above and below. */
const MAX_MARKS = 8;
const SEEN = `[^${HIDDEN}\\p{M}]|(?<!(?:\\p{M}[\\u200c\\u200d]?){${MAX_MARKS}})(?![${HIDDEN}])\\p{M}|${JOINER}`;
const SHOWN = "[\\p{L}\\p{N}\\p{P}\\p{S}]";
/** A JSON Schema pattern of text on one line without them. */
export const PLAIN_PATTERN = `^(${SEEN})*$`;
/** The same with line breaks and tabs. */
export const PLAIN_LINES_PATTERN = `^(${SEEN}|[\\t\\n\\r])*$`;
/** The same on one line, with a letter, a number or a sign in it: marks and blanks alone are no name. */
export const PLAIN_NAME_PATTERN = `^(?=[\\s\\S]*${SHOWN})(${SEEN})*$`;

const SHOWS = new RegExp(SHOWN, "u");
const ONE = new RegExp(`(?!${SEEN})[\\s\\S]`, "u");
const ONE_IN_LINES = new RegExp(`(?!${SEEN}|[\\t\\n\\r])[\\s\\S]`, "u");
const RUNS = new RegExp(`(?:(?!${SEEN})[\\s\\S])+`, "gu");

/** There is a letter, a number or a sign in it. */
export function showsSomething(text: string): boolean {
  return SHOWS.test(text);
}

/** `text` on one line for a terminal: what is hidden becomes a blank where it breaks lines, else U+FFFD. */
export function plain(text: string): string {
  return text.replace(RUNS, (run) => (/^[\t\n\r\u2028\u2029]+$/.test(run) ? " " : "\ufffd"));
}

/** The first character of `text` that one of the patterns forbids, as `U+202E`, and how many characters stand before it; undefined when there is none. */
export function hiddenIn(text: string, pattern = PLAIN_PATTERN): { name: string; before: number } | undefined {
  const found = (pattern === PLAIN_LINES_PATTERN ? ONE_IN_LINES : ONE).exec(text);
  if (!found) return undefined;
  return {
    name: `U+${(found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`,
    before: [...text.slice(0, found.index)].length,
  };
}

/** JSON of `value` that no terminal takes for anything else: hidden characters are written as escapes. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(RUNS, (run) =>
    run
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
