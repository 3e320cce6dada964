/**
 * An account's key as 24 words: BIP-39, the 32 bytes of the seed being its entropy, with the English list. The words are the key,
 * not a secret that another one is derived from: they are as good as the seed, and lead back to it.
 */
import { entropyToMnemonic, mnemonicToEntropy } from "@scure/bip39";
import { wordlist } from "@scure/bip39/wordlists/english.js";

export const WORDS = 24;

const LIST: ReadonlySet<string> = new Set(wordlist);

/** `count`: there are not 24. `word`: the one at `at`, from 1, is not in the list. `order`: each is, and together they are none. */
export type WordsFault = { fault: "count"; got: number } | { fault: "word"; at: number; word: string } | { fault: "order" };

/** `seed`: 32 bytes. */
export function wordsOf(seed: Uint8Array): string[] {
  if (seed.byteLength !== 32) throw new RangeError("a seed has 32 bytes");
  return entropyToMnemonic(seed, wordlist).split(" ");
}

/** The seed that somebody has written down; capitals, commas, numbers before the words and line breaks make no difference. */
export function seedOfWords(text: string): { seed: Uint8Array<ArrayBuffer> } | WordsFault {
  const words = text.toLowerCase().match(/[^\s\d.,;:()]+/g) ?? [];
  const at = words.findIndex((word) => !LIST.has(word));
  if (at >= 0) return { fault: "word", at: at + 1, word: words[at] ?? "" };
  if (words.length !== WORDS) return { fault: "count", got: words.length };
  try {
    return { seed: new Uint8Array(mnemonicToEntropy(words.join(" "), wordlist)) };
  } catch {
    return { fault: "order" };
  }
}
