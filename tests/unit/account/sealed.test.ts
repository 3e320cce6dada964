import { describe, expect, it } from "vitest";
import { seal, unseal } from "../../../shared/account/sealed.ts";
import { fromBase64url, toBase64url } from "../../../shared/base64url.ts";

const PASSPHRASE = "correct horse battery";
const SEED = new Uint8Array(32).map((_, at) => at);

/** Of this seed and passphrase, made by another program: the package jose 6.2.18, with fewer rounds. */
const FOREIGN =
  "eyJhbGciOiJQQkVTMi1IUzUxMitBMjU2S1ciLCJlbmMiOiJBMjU2R0NNIiwiY3R5IjoiandrK2pzb24iLCJwMmMiOjQwOTYsInAycyI6InE5WG8zSklEWFBVcUNxQVhxZVZ1N1EifQ.DcqhUpMJjTe2Q9OBWPDNh7wF_p_3MKA3ZxuvPYE_jbAuGOez8Gic8Q.xVf8aigaQwE6k5Li.S-7iUZSs6nINIu39P33J9cBUq4SyGutjt2zi_FMXckTtAE61Mk36ASrOI1jnVB_2B6rGf75se8vHUy9dQ-hu2bjz526S_wogtCcY5JUqEKTKz25BeOwJMQxDiU3V2_TGNUPKQkfJ8BiArdUHfLLLFldphWEXpHTCmsTuSVwSWBdy.RSkZkmatW4KZanC9PyDdvQ";

/** With another header. */
function withHeader(file: string, changes: object): string {
  const [header = "", ...rest] = file.split(".");
  const told: object = JSON.parse(new TextDecoder().decode(fromBase64url(header)));
  return [toBase64url(new TextEncoder().encode(JSON.stringify({ ...told, ...changes }))), ...rest].join(".");
}

describe("the file of an account's key", () => {
  it("opens with its passphrase alone, and says nothing of the seed", async () => {
    const file = await seal(SEED, PASSPHRASE);
    expect(await unseal(`\n${file}\n`, PASSPHRASE)).toEqual({ seed: SEED });
    expect(await unseal(file, "correct horse")).toEqual({ fault: "passphrase" });
    expect(file).not.toContain(toBase64url(SEED));
    const header: unknown = JSON.parse(new TextDecoder().decode(fromBase64url(file.split(".")[0] ?? "")));
    expect(header).toMatchObject({ alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 600_000, cty: "jwk+json" });
  });

  it("is another one each time", async () => {
    const [one, other] = [await seal(SEED, PASSPHRASE), await seal(SEED, PASSPHRASE)];
    for (const part of [0, 1, 2, 3, 4]) expect(one.split(".")[part]).not.toBe(other.split(".")[part]);
  });

  it("is a JWE that another program may have made", async () => {
    expect(await unseal(FOREIGN, PASSPHRASE)).toEqual({ seed: SEED });
  });

  it("opens with its passphrase in either form of Unicode", async () => {
    const file = await seal(SEED, "Schl\u00fcsselw\u00f6rter");
    expect(await unseal(file, "Schlu\u0308sselwo\u0308rter")).toEqual({ seed: SEED });
  });

  it("does not open once a bit of any part was changed", async () => {
    const parts = FOREIGN.split(".");
    for (const [at, part] of parts.entries()) {
      const bytes = fromBase64url(part);
      if (at === 0 || !bytes) continue;
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      expect(await unseal(parts.with(at, toBase64url(bytes)).join("."), PASSPHRASE)).toEqual({ fault: "passphrase" });
    }
    expect(await unseal(withHeader(FOREIGN, { cty: "text" }), PASSPHRASE)).toEqual({ fault: "passphrase" });
  });

  it.each([
    ["nothing", ""],
    ["another text", "letter advice cage absurd"],
    ["four parts", FOREIGN.split(".").slice(0, 4).join(".")],
    ["a header that is no JSON", FOREIGN.replace(/^[^.]+/, "abcd")],
    ["characters of another alphabet", FOREIGN.replace("-", "+")],
    ["far too much", `${FOREIGN}${"A".repeat(4096)}`],
    ["a tag that is cut short", FOREIGN.slice(0, -8)],
  ])("is none with %s", async (_name, file) => {
    expect(await unseal(file, PASSPHRASE)).toEqual({ fault: "form" });
  });

  it.each([
    ["another algorithm", { alg: "dir" }],
    ["another cipher", { enc: "A128GCM" }],
    ["more rounds than a reader should wait for", { p2c: 10_000_001 }],
    ["no round", { p2c: 0 }],
    ["rounds that are no number", { p2c: "4096" }],
    ["a salt of seven bytes", { p2s: "AAAAAAAAAA" }],
    ["an extension that must be understood", { crit: ["exp"] }],
    ["compression", { zip: "DEF" }],
  ])("is none with %s", async (_name, changes) => {
    expect(await unseal(withHeader(FOREIGN, changes), PASSPHRASE)).toEqual({ fault: "form" });
  });
});
