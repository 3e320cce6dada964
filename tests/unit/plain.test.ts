import { describe, expect, it } from "vitest";
import { hiddenIn, PLAIN_LINES_PATTERN, PLAIN_PATTERN, plain } from "../../shared/plain.ts";

const SEEN = ["", "Physics lab", "Ångström 物理", "🜁 lab 👩‍🔬", "\u{10ffff}"];
const HIDDEN = [
  ["\ud800", "U+D800", 0],
  ["a\udfff", "U+DFFF", 1],
  ["🜁\ud83d", "U+D83D", 1],
  ["\udc00\ud800", "U+DC00", 0],
  ["ab\u202e", "U+202E", 2],
  ["\u0085", "U+0085", 0],
] as const;

describe.each(["", "u"])("text that can be seen, with the flags %j of a validator", (flags) => {
  it.each(SEEN)("is %j", (text) => {
    expect(new RegExp(PLAIN_PATTERN, flags).test(text)).toBe(true);
    expect(new RegExp(PLAIN_LINES_PATTERN, flags).test(`${text}\r\n\t${text}`)).toBe(true);
    expect(hiddenIn(text)).toBeUndefined();
    expect(plain(text)).toBe(text);
  });

  it.each(HIDDEN)("is not %j", (text, name, before) => {
    expect(new RegExp(PLAIN_PATTERN, flags).test(text)).toBe(false);
    expect(new RegExp(PLAIN_LINES_PATTERN, flags).test(text)).toBe(false);
    expect(hiddenIn(text)).toEqual({ name, before });
    expect(hiddenIn(text, PLAIN_LINES_PATTERN)).toEqual({ name, before });
    expect(plain(text)).not.toBe(text);
  });
});
