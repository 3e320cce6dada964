import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Layout } from "../../../shared/kernel/layout.ts";
import { parsePath, resolvePath } from "../../../shared/kernel/path.ts";

const u32: Layout = { kind: "scalar", scalar: "u32", atomic: false, align: 4, size: 4 };
const vec3: Layout = { kind: "vector", scalar: "f32", count: 3, align: 16, size: 12 };
const column: Layout = { kind: "vector", scalar: "f32", count: 2, align: 8, size: 8 };
const mat3x2: Layout = { kind: "matrix", scalar: "f32", columns: 3, rows: 2, column, stride: 8, align: 8, size: 24 };
const cell: Layout = {
  kind: "struct",
  name: "Cell",
  align: 16,
  size: 32,
  members: [
    { name: "position", offset: 0, layout: vec3 },
    { name: "id", offset: 12, layout: u32 },
  ],
};
const all: Layout = {
  kind: "struct",
  name: "All",
  align: 16,
  size: 96,
  members: [
    { name: "turn", offset: 0, layout: mat3x2 },
    { name: "cells", offset: 32, layout: { kind: "array", element: cell, count: null, stride: 32, align: 16, size: 32 } },
  ],
};

describe("a path", () => {
  it.each([
    ["", 0],
    ["turn", 0],
    ["turn[2]", 16],
    ["turn[2].y", 20],
    ["turn[1][1]", 12],
    ["cells[0]", 32],
    ["cells[2].position.z", 32 + 64 + 8],
    ["cells[2].position.b", 32 + 64 + 8],
    ["cells[2].id", 32 + 64 + 12],
  ])("%j leads to byte %i", (path, offset) => {
    expect(resolvePath(all, path, 3)).toMatchObject({ offset });
  });

  it.each([
    ["trun", /no member trun/],
    ["cells.id", /no member id/],
    ["cells[3]", /no element 3/],
    ["turn[3]", /no element 3/],
    ["turn[0].z", /no element 2/],
    ["turn[0].xy", /no member xy/],
    ["cells[0].id.x", /no member x/],
    ["cells[0].id[0]", /no element 0/],
    ["cells[", /character 6/],
    [".turn", /character 1|no member/],
    ["cells[-1]", /character 6/],
    ["cells[99999999999]", /character 6/],
    ["a b", /character 2/],
  ])("%j leads nowhere", (path, wrong) => {
    const found = resolvePath(all, path, 3);
    expect(found).toMatchObject({ wrong: expect.stringMatching(wrong) });
  });

  it("is read or refused, never thrown at, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "[", "]", "0", "9", ".", "x", " ", "é"), maxLength: 20 }), (path) => {
        const steps = parsePath(path);
        if (!Array.isArray(steps)) expect(steps.wrong).not.toBe("");
        else expect(resolvePath(all, path, 3)).toBeDefined();
      }),
    );
  });
});
