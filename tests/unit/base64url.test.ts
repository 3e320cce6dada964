import fc from "fast-check";
import { expect, it } from "vitest";
import { fromBase64url, toBase64url } from "../../shared/base64url.ts";

it("writes and reads bytes as Node does, and reads nothing that is written otherwise", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(toBase64url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
      expect(fromBase64url(toBase64url(bytes))).toEqual(new Uint8Array(bytes));
    }),
  );
  for (const wrong of ["A", "AA==", "A+/A", "AB", "AA A", "ÄA"]) expect(fromBase64url(wrong)).toBeUndefined();
});
