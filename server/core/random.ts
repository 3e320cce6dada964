/**
 * Draws made from one claim's random bytes: nobody knows them before the claim, and the same bytes give the same draws. The
 * generator is sfc32 (Doty-Humphrey's PractRand), seeded with all 128 bits.
 */
export class Random {
  private a: number;
  private b: number;
  private c: number;
  private counter: number;

  /** `hex`: 16 bytes, hexadecimal. Throws `RangeError` on anything else. */
  constructor(hex: string) {
    if (!/^[0-9a-f]{32}$/.test(hex)) throw new RangeError("a draw needs 32 lower-case hexadecimal digits of randomness");
    const word = (index: number) => Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16);
    this.a = word(0);
    this.b = word(1);
    this.c = word(2);
    this.counter = word(3);
    for (let round = 0; round < 12; round++) this.next();
  }

  /** A whole number, `0 <= draw < limit`; `limit` up to 2^32. */
  below(limit: number): number {
    return Math.floor((this.next() / 2 ** 32) * limit);
  }

  private next(): number {
    const { a, b, c, counter } = this;
    const drawn = (a + b + counter) >>> 0;
    this.a = (b ^ (b >>> 9)) >>> 0;
    this.b = (c + (c << 3)) >>> 0;
    this.c = (((c << 21) | (c >>> 11)) + drawn) >>> 0;
    this.counter = (counter + 1) >>> 0;
    return drawn;
  }
}
