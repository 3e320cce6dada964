/** Indices into arrays that are no binding: of a workgroup, an invocation, a function, and of values. */
import { describe, expect, it } from "vitest";
import { heard, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

const HEAD = `@group(0) @binding(0) var<storage, read_write> o: array<u32>;
override TILE: u32 = 16;
const N = 8u;
const FEW = array(1u, 2u, 3u);
alias Row = array<u32, N>;
alias Tile = array<u32, TILE * 2u>;
struct Grid { rows: array<Row, 4>, seen: array<bool, 4> }
var<workgroup> t: array<u32, 16>;
var<workgroup> tile: Tile;
var<workgroup> hits: array<atomic<u32>, 4>;
var<private> grid: Grid;
fn pick(row: Row, at: u32) -> u32 { return row[at]; }
fn put(row: ptr<function, Row>, at: u32) { (*row)[at] = 1u; }
`;
const USES = "_ = t[0] + tile[0] + atomicLoad(&hits[0]) + grid.rows[0][0] + TILE;";

async function told(body: string, overrides: object = {}): Promise<string[]> {
  const inputs = "@builtin(local_invocation_index) l: u32, @builtin(global_invocation_id) id: vec3u";
  const kernel = `${HEAD}@compute @workgroup_size(64) fn main(${inputs}) {\n  ${USES}\n  o[id.x] = 1u; ${body}\n}\n`;
  const job = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 1 },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "o", dtype: "u32", shape: [64] }],
    overrides,
    gflopPerUnit: 1,
  };
  return heard(await judges.admit(packageOf({ "job.json": job, "kernel.wgsl": kernel })));
}

describe("an index beyond the end is told with its place", () => {
  it.each<[string, string, string, object?]>([
    ["of a workgroup's array", "t[l] = 1u;", "main stores t[l] with indices up to 63, and t has 16 elements"],
    ["read backwards", "o[id.x] = t[63u - l];", "reads t[63u - l] with indices up to 63"],
    ["of an atomic", "atomicAdd(&hits[l], 1u);", "stores hits[l] with indices up to 63, and hits has 4 elements"],
    ["by a loop", "var x: array<u32, 16>; for (var i = 0u; i < 32u; i++) { x[i] = i; }", "stores x[i] with indices up to 31, and x has 16"],
    ["that an override decides", "for (var k = 0u; k < TILE; k++) { _ = t[k]; }", "reads t[k] with indices up to 31", { TILE: 32 }],
    ["that an override makes long enough no more", "_ = tile[l];", "reads tile[l] with indices up to 63, and tile has 32 elements"],
    ["through a pointer to it", "let p = &tile; (*p)[l] = 1u;", "stores (*p)[l] with indices up to 63"],
    ["of an array in a struct", "grid.rows[l / 8u][0] = 1u;", "grid.rows[l / 8u] with indices up to 7, and grid.rows has 4"],
    ["of an element", "grid.rows[0][l] = 1u;", "grid.rows[0][l] with indices up to 63, and grid.rows[0] has 8"],
    ["of truths", "grid.seen[l] = true;", "grid.seen[l] with indices up to 63"],
    ["of a copy", "let row = grid.rows[1]; _ = row[l];", "row[l] with indices up to 63, and row has 8"],
    ["of constants", "_ = FEW[l];", "FEW[l] with indices up to 63, and FEW has 3"],
    ["of a value", "_ = array(1u, 2u)[l];", "with indices up to 63, and array(1u, 2u) has 2"],
    ["in a function", "_ = pick(grid.rows[0], l);", "row[at] with indices up to 63, and row has 8"],
    ["in a function by a pointer", "var row: Row; put(&row, l);", "stores (*row)[at] with indices up to 63"],
  ])("%s", async (_, body, expected, overrides) => {
    const warnings = await told(body, overrides);
    expect(warnings).toEqual([expect.stringContaining(expected)]);
    expect(warnings[0]).toMatch(/^kernel\.wgsl:\d+:\d+ main .* or make the array \d+ long\.$/);
  });
});

describe("one that the text does not show is named as unchecked", () => {
  it.each<[string, string, string]>([
    ["of a workgroup's array", "t[o[0]] = 1u;", "t[o[0]] at kernel.wgsl:"],
    ["of a function's", "var x: array<u32, 16>; x[o[0]] = 1u;", "x[o[0]] at kernel.wgsl:"],
  ])("%s", async (_, body, expected) => {
    expect(await told(body)).toEqual([expect.stringMatching(/^Not checked: /)]);
    expect((await told(body)).join()).toContain(expected);
  });
});

describe("and nothing is said where it is inside", () => {
  it.each<[string, string, object?]>([
    ["by a rest", "t[l % 16u] = 1u; _ = t[(o[0] - 1u) % 16u];"],
    ["by a tree of sums", "for (var h = 8u; h > 0u; h >>= 1u) { if (l < h) { t[l] += t[l + h]; } workgroupBarrier(); }"],
    ["by one that divides", "for (var h = 8u; h > 0u; h /= 2u) { if (l < h) { t[l] += t[l + h]; } workgroupBarrier(); }"],
    ["by a condition", "if (l < 16u) { t[l] = 1u; }"],
    ["of what an override makes long", "tile[l] = 1u;", { TILE: 32 }],
    ["of a struct's", "grid.rows[l / 16u][l % N] = 1u; grid.seen[l % 4u] = true;"],
    ["in functions", "var row: Row; put(&row, l / N); _ = pick(row, l % N) + FEW[l % 3u];"],
    ["and of vectors", "let v = vec4u(1u); _ = v[l % 4u] + id[o[0] % 3u];"],
  ])("%s", async (_, body, overrides) => {
    expect(await told(body, overrides)).toEqual([]);
  });
});
