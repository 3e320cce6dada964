import fc from "fast-check";
import { expect, it } from "vitest";
import { decodePicture, encodePicture } from "../../../shared/picture.ts";

const cell = fc.record({
  cell: fc.nat(4095),
  state: fc.constantFrom("missing" as const, "running" as const, "final" as const),
  share: fc.nat(255).map((n) => n / 255),
  tile: fc.uint8Array({ maxLength: 64 }),
});

it("a picture decodes to what was encoded, and refuses every truncation", () => {
  fc.assert(
    fc.property(fc.array(cell, { maxLength: 20 }), fc.nat(), (changes, cut) => {
      const picture = {
        columns: 19,
        rows: 20,
        tileWidth: 8,
        tileHeight: 8,
        seq: 7,
        cells: 380,
        unitsPerCell: 1,
        units: 380,
        block: 1,
        unitColumns: 19,
        final: 3,
        changes,
      };
      const bytes = encodePicture(picture);
      expect(decodePicture(bytes)).toEqual(picture);
      expect(() => decodePicture(bytes.subarray(0, cut % bytes.length))).toThrow(RangeError);
    }),
  );
});
