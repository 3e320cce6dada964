import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { seedOfWords, WORDS, wordsOf } from "../../../shared/account/words.ts";
import { fromHex } from "../../../shared/bytes.ts";

describe("the 24 words of an account's key", () => {
  // BIP-39's own vectors (trezor/python-mnemonic, vectors.json): entropy and mnemonic, without the seed that BIP-39 derives.
  it.each([
    ["00".repeat(32), `${"abandon ".repeat(23)}art`],
    ["7f".repeat(32), `${"legal winner thank year wave sausage worth useful ".repeat(2)}legal winner thank year wave sausage worth title`],
    [
      "80".repeat(32),
      `${"letter advice cage absurd amount doctor acoustic avoid ".repeat(2)}letter advice cage absurd amount doctor acoustic bless`,
    ],
    ["ff".repeat(32), `${"zoo ".repeat(23)}vote`],
  ])("are BIP-39's of %s", (seed, words) => {
    expect(wordsOf(fromHex(seed)).join(" ")).toBe(words);
    expect(seedOfWords(words)).toEqual({ seed: fromHex(seed) });
  });

  it("lead back to any seed, however they were written down", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (seed) => {
        const words = wordsOf(seed);
        expect(words).toHaveLength(WORDS);
        const numbered = words.map((word, at) => `${at + 1}. ${word.toUpperCase()},`).join("\n");
        expect(seedOfWords(` ${numbered} `)).toEqual({ seed: new Uint8Array(seed) });
      }),
      { numRuns: 20 },
    );
  });

  it("that are wrong are told apart: how many, which one is no word, and that they do not belong together", () => {
    const words = wordsOf(new Uint8Array(32).fill(9));
    expect(seedOfWords("")).toEqual({ fault: "count", got: 0 });
    expect(seedOfWords(words.slice(1).join(" "))).toEqual({ fault: "count", got: 23 });
    expect(seedOfWords(words.with(4, "idlewave").join(" "))).toEqual({ fault: "word", at: 5, word: "idlewave" });
    expect(seedOfWords(words.with(0, words[0] === "zoo" ? "abandon" : "zoo").join(" "))).toEqual({ fault: "order" });
    expect(() => wordsOf(new Uint8Array(16))).toThrow(RangeError);
  });
});
