import { describe, expect, it } from "vitest";
import { hiddenIn, PLAIN_LINES_PATTERN, PLAIN_NAME_PATTERN, PLAIN_PATTERN, plain, plainJson } from "../../shared/plain.ts";

const SEEN = ["", "Physics lab", "Ångström 物理", "🜁 lab 👩‍🔬", "❤️‍🔥 👩🏽‍🚀", "می‌خواهم", "בְּרֵאשִׁ֖ית", `a${"\u0301".repeat(8)}`, "\u{10ffff}"];
const HIDDEN = [
  ["\ud800", "U+D800", 0],
  ["a\udfff", "U+DFFF", 1],
  ["🜁\ud83d", "U+D83D", 1],
  ["\udc00\ud800", "U+DC00", 0],
  ["ab\u202e", "U+202E", 2],
  ["\u0085", "U+0085", 0],
  ["La\u00adb", "U+00AD", 2],
  ["\u3164", "U+3164", 0],
  ["\u2800\u2800", "U+2800", 0],
  ["a\ufff9b\ufffb", "U+FFF9", 1],
  ["ab\u{e0061}", "U+E0061", 2],
  ["a\u200d", "U+200D", 1],
  ["\ufe0f", "U+FE0F", 0],
  ["é\u200d\u200d", "U+200D", 2],
  ["a\ufffc", "U+FFFC", 1],
  [`a${"\u0301".repeat(79)}`, "U+0301", 9],
  [`é${"\u0301\u200d".repeat(30)}`, "U+0301", 17],
] as const;

describe("text that can be seen", () => {
  it.each(SEEN)("is %j", (text) => {
    expect(new RegExp(PLAIN_PATTERN, "u").test(text)).toBe(true);
    expect(new RegExp(PLAIN_LINES_PATTERN, "u").test(`${text}\r\n\t${text}`)).toBe(true);
    expect(hiddenIn(text)).toBeUndefined();
    expect(plain(text)).toBe(text);
  });

  it.each(HIDDEN)("is not %j", (text, name, before) => {
    expect(new RegExp(PLAIN_PATTERN, "u").test(text)).toBe(false);
    expect(new RegExp(PLAIN_LINES_PATTERN, "u").test(text)).toBe(false);
    expect(hiddenIn(text)).toEqual({ name, before });
    expect(hiddenIn(text, PLAIN_LINES_PATTERN)).toEqual({ name, before });
    expect(plain(text)).not.toBe(text);
  });
});

describe("a name", () => {
  const name = new RegExp(PLAIN_NAME_PATTERN, "u");
  it.each(["a", " 7 ", "—", "🜁", "物"])("is %j", (text) => expect(name.test(text)).toBe(true));
  it.each(["", " ", "\u00a0\u3000", "\u0301", "\u3164", "a\u2062"])("is not %j", (text) => expect(name.test(text)).toBe(false));
});

it("JSON of what is hidden can be read back", () => {
  const text = "a\u{e0061}\u2800b";
  expect(plainJson(text)).toBe('"a\\udb40\\udc61\\u2800b"');
  expect(JSON.parse(plainJson(text))).toBe(text);
});
