/** Seeded randomness of a simulation: sfc32 (Doty-Humphrey's PractRand), the same everywhere for the same seed. */
export class Dice {
  private readonly words = new Uint32Array(4);

  constructor(seed: number) {
    this.words.set([seed >>> 0, Math.floor(seed / 2 ** 32) >>> 0, 0x9e3779b9, 1]);
    for (let round = 0; round < 16; round++) this.next();
  }

  /** A whole number of 32 bits. */
  next(): number {
    const words = this.words;
    const [a = 0, b = 0, c = 0, counter = 0] = words;
    const drawn = (a + b + counter) >>> 0;
    words[0] = b ^ (b >>> 9);
    words[1] = c + (c << 3);
    words[2] = ((c << 21) | (c >>> 11)) + drawn;
    words[3] = counter + 1;
    return drawn;
  }

  /** `0 <= draw < 1`. */
  share(): number {
    return this.next() / 2 ** 32;
  }

  /** `0 <= draw < limit`. */
  below(limit: number): number {
    return Math.floor(this.share() * limit);
  }

  chance(probability: number): boolean {
    return this.share() < probability;
  }

  /** Log-normal: half of the draws are below `median`; `sigma` is the deviation of its logarithm. */
  logNormal(median: number, sigma: number): number {
    // Box and Muller, https://doi.org/10.1214/aoms/1177706645
    const normal = Math.sqrt(-2 * Math.log(1 - this.share())) * Math.cos(2 * Math.PI * this.share());
    return median * Math.exp(sigma * normal);
  }

  /** 16 bytes, hexadecimal, as a claim has them. */
  hex(): string {
    return Array.from({ length: 4 }, () => this.next().toString(16).padStart(8, "0")).join("");
  }
}
