/**
 * Draws made from one claim's random bytes: nobody knows them before the claim, and the same bytes give the same draws. The
 * generator is sfc32 (Doty-Humphrey's PractRand), seeded with all 128 bits.
 */
export class Random {
  private readonly words: Uint32Array;

  /** `hex`: 16 bytes, hexadecimal. Throws `RangeError` on anything else. */
  constructor(hex: string) {
    if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError("a draw needs 32 lower-case hexadecimal digits of randomness");
    this.words = Uint32Array.from({ length: 4 }, (_, word) => Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16));
    for (let round = 0; round < 12; round++) this.next();
  }

  /** A whole number, `0 <= draw < limit`; `limit` up to 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  private next(): number {
    const [a = 0, b = 0, c = 0, counter = 0] = this.words;
    const drawn = (a + b + counter) >>> 0;
    this.words[0] = b ^ (b >>> 9);
    this.words[1] = c + (c << 3);
    this.words[2] = ((c << 21) | (c >>> 11)) + drawn;
    this.words[3] = counter + 1;
    return drawn;
  }
}
