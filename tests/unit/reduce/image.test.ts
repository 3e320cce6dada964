import fc from "fast-check";
import { expect, test } from "vitest";
import type { ImageReduce } from "../../../shared/plan.ts";
import { elementsOf } from "../../../shared/reduce/elements.ts";
import { image, imageSize } from "../../../shared/reduce/image.ts";
import { pieces } from "../../../shared/reduce/pieces.ts";
import { bytesOf, outputOf, planOf, sourceOf, type UnitElements } from "./units.ts";

test("each pixel lies where its tile and its place in the tile say", async () => {
  const side = fc.integer({ min: 1, max: 4 });
  await fc.assert(
    fc.asyncProperty(side, side, side, fc.array(fc.boolean(), { minLength: 1, maxLength: 11 }), async (height, width, columns, there) => {
      const reduce: ImageReduce = { kind: "image", columns, range: [0, 1], scale: "linear" };
      const plan = planOf("u32", [height, width], reduce, there.length);
      const pixel = (unit: number, y: number, x: number) => unit * 1000 + y * 10 + x + 1;
      const units: UnitElements[] = there.map((present, unit) =>
        present ? Array.from({ length: height * width }, (_, i) => pixel(unit, Math.floor(i / width), i % width)) : null,
      );
      const size = imageSize(outputOf(plan), reduce, there.length);
      let rows = 0;
      for await (const band of image(outputOf(plan), reduce, there.length, pieces(plan, 0, sourceOf("u32", units)))) {
        const elements = elementsOf("u32", band.bytes);
        for (let i = 0; i < elements.length; i++) {
          const y = band.y + Math.floor(i / size.width);
          const x = i % size.width;
          const unit = Math.floor(y / height) * columns + Math.floor(x / width);
          expect(band.present[Math.floor(x / width)]).toBe(there[unit] === true);
          expect(elements.at(i)).toBe(there[unit] ? pixel(unit, y % height, x % width) : 0);
        }
        rows += elements.length / size.width;
      }
      expect(rows).toBe(size.height);
      expect(size.height).toBe(Math.ceil(there.length / columns) * height);
    }),
  );
});

test("halves are widened exactly, subnormals and infinities too", () => {
  const bits = new Uint8Array(new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0xfc00, 0x8000]).buffer);
  const elements = elementsOf("f16", bits);
  const values = Array.from({ length: elements.length }, (_, i) => elements.at(i));
  expect(values).toEqual([1, -2, 2 ** -24, 65504, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0]);
});

test("bytes that end inside an element are no elements", () => {
  expect(() => elementsOf("u32", bytesOf("u8", [1, 2, 3]))).toThrow(RangeError);
});
