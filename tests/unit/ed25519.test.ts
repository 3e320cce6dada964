import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";
import { isStrictKey, Verifier, verifies } from "../../server/ed25519.ts";
import { fromHex, toHex } from "../../shared/bytes.ts";
import fixture from "../fixtures/ed25519.json" with { type: "json" };

const verifier = new Verifier();

/** Both ways in which the server verifies, which must say the same. */
async function verified(key: string, message: string, signature: string): Promise<boolean> {
  const [publicKey, text, signed] = [fromHex(key), fromHex(message), fromHex(signature)];
  const later = await verifier.verifies(publicKey, text, signed);
  expect(verifies(publicKey, text, signed)).toBe(later);
  return later;
}

describe("a signature", () => {
  it.each(fixture.rfc8032.vectors)(
    "of RFC 8032, $about, is good, and what a device without WebCrypto's Ed25519 makes too",
    async (vector) => {
      const { seed, key, message, signature } = vector;
      expect(await verified(key, message, signature)).toBe(true);
      expect(toHex(ed25519.getPublicKey(fromHex(seed)))).toBe(key);
      expect(toHex(ed25519.sign(fromHex(message), fromHex(seed)))).toBe(signature);
    },
  );

  it.each(fixture.wycheproof.vectors)("of Wycheproof, $about, is $isGood", async ({ key, message, signature, isGood }) => {
    expect(await verified(key, message, signature)).toBe(isGood);
  });

  it.each(fixture.edges.vectors)("with $about, is $isGood", async ({ key, message, signature, isGood }) => {
    expect(await verified(key, message, signature)).toBe(isGood);
  });

  it("of a good key with one more or one less byte, or under a key of other length, is none", async () => {
    const [vector] = fixture.rfc8032.vectors;
    if (!vector) throw new Error("no vector");
    const { key, message, signature } = vector;
    for (const [badKey, badSignature] of [
      [key, `${signature}00`],
      [key, signature.slice(2)],
      [`${key}00`, signature],
      [key.slice(2), signature],
      ["", ""],
    ] as const)
      expect(await verified(badKey, message, badSignature)).toBe(false);
  });
});

describe("a key", () => {
  const FIELD = 2n ** 255n - 19n;
  const point = (y: bigint, sign: 0n | 1n) => fromHex((y + (sign << 255n)).toString(16).padStart(64, "0")).reverse();

  it("is none in another form than the canonical one", () => {
    for (let y = FIELD; y < 2n ** 255n; y++) for (const sign of [0n, 1n] as const) expect(isStrictKey(point(y, sign))).toBe(false);
  });

  it("is none of low order: the multiples of a point of order eight", () => {
    const torsion = ed25519.Point.fromBytes(fromHex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"));
    let multiple = torsion;
    for (let times = 1; times <= 8; times++) {
      expect(multiple.isSmallOrder()).toBe(true);
      expect(isStrictKey(multiple.toBytes())).toBe(false);
      multiple = multiple.add(torsion);
    }
    // x = 0 has no other sign.
    for (const y of [1n, FIELD - 1n]) expect(isStrictKey(point(y, 1n))).toBe(false);
  });

  it("is each that somebody made", () => {
    for (let seed = 0; seed < 32; seed++) expect(isStrictKey(ed25519.getPublicKey(new Uint8Array(32).fill(seed)))).toBe(true);
    // The largest y that is reduced, and one that shares its first byte with the prime.
    expect(isStrictKey(point(FIELD - 2n, 0n))).toBe(true);
    expect(isStrictKey(point(0xffn, 0n))).toBe(true);
  });
});
