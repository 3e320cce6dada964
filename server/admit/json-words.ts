/** What was meant by what JSON has not: words and numbers of other languages, and their quotes. */

/** A member: where one comes behind another, a comma was left out. */
export const MEMBER = /"[^"\\\n]*"\s*:/y;
/** Half of a character. */
export const LONE = /\p{Surrogate}/u;
/** No quotes of JSON. */
export const QUOTES = /['`´‘’‚‛“”„‟«»]/;
export const HEXADECIMAL = /-?0[xX][0-9a-fA-F]+/y;
/** Characters of 0x and 64 bits. */
export const MAX_HEXADECIMAL = 18;

/** The number that `0x80` is; between quotes where JSON's own would be rounded. */
export function decimalFor(hexadecimal: string): string {
  const size = BigInt(hexadecimal.replace("-", ""));
  const text = `${hexadecimal.startsWith("-") ? "-" : ""}${size}`;
  return size > BigInt(Number.MAX_SAFE_INTEGER) ? JSON.stringify(text) : text;
}

const MEANT = new Map<string, string>(Object.entries({ true: "true", false: "false", null: "null", none: "null", nil: "null" }));

/** What to write for a word that is no value, such as `True`. */
export function wordFor(word: string): string {
  const meant = MEANT.get(word.toLowerCase());
  return meant ? `Write ${meant}.` : "Put text between double quotes.";
}
