/** What is said of outputs that stores do not reach, of those that nothing writes, and of iterations that are all the same. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, judgesHere, packageOf, refused } from "./package.ts";

const judges = judgesHere();

const INPUTS = "@builtin(global_invocation_id) id: vec3u";

interface Shape {
  head?: string;
  pass?: object;
  shape?: number[];
  output?: string;
  bindings?: object;
  files?: Files;
}

const HALVES = `@group(0) @binding(0) var<storage, read> old: array<u32>;
@group(0) @binding(1) var<storage, read_write> o: array<u32>;`;
const PINGPONG = { repeat: 5, swap: [["old", "o"]] };

/** 192 invocations, an output of 256 elements. */
function job(body: string, { head = HALVES, pass = {}, shape = [256], output = "o", bindings, files }: Shape = {}): Files {
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 1 },
    ...(bindings ? { bindings } : {}),
    passes: [{ workgroups: [3], ...pass }],
    output: [{ binding: output, dtype: "u32", shape }],
    gflopPerUnit: 1,
  };
  return { "job.json": manifest, "kernel.wgsl": `${head}\n@compute @workgroup_size(64) fn main(${INPUTS}) {\n  ${body}\n}\n`, ...files };
}

const told = async (body: string, shape?: Shape) => admitted(await judges.admit(packageOf(job(body, shape)))).warnings;
const FILE = { init: { file: "old.bin" } };
const OLD = { files: { "old.bin": new Uint8Array(1024) } };

describe("elements of an output that no store can reach are told", () => {
  const STRUCTS =
    "struct P { a: vec2u, b: vec2u }\nstruct Ps { count: u32, p: array<P> }\n@group(0) @binding(0) var<storage, read_write> o: Ps;";
  const FIXED = "struct R { n: u32, cells: array<u32, 100>, more: array<u32, 28> }\n@group(0) @binding(0) var<storage, read_write> o: R;";

  it.each<[string, string, string, Shape]>([
    [
      "of halves that are swapped",
      "o[id.x] = old[id.x] + 1u;",
      "store none beyond index 191: 64 keep what they start with",
      { pass: PINGPONG },
    ],
    [
      "of halves of which one starts from a file",
      "o[id.x] = old[id.x] + 1u;",
      "store none beyond index 191: 64 keep",
      { pass: PINGPONG, bindings: { old: FILE }, ...OLD },
    ],
    [
      "of structs at the end of one",
      "o.count = 1u; o.p[id.x].a = id.xy; o.p[id.x].b = id.yz;",
      "o.p has 256 elements by this shape and the passes 192 invocations, which store one each at most: 64 or more stay zero",
      { head: STRUCTS, shape: [1026] },
    ],
    [
      "of an array in a struct",
      "o.n = 1u; if (id.x < 90u) { o.cells[id.x] = 1u; } o.more[id.x % 28u] = 1u;",
      "o.cells has 100 elements by this shape and the passes store none beyond index 89: 10 stay zero",
      { head: FIXED, shape: [129] },
    ],
    [
      "of swapped halves that are structs",
      "o.p[id.x].a = old.p[id.x].b;",
      "o.p has 256 elements by this shape and the passes store none beyond index 191: 64 keep",
      { head: `${STRUCTS}\n@group(0) @binding(1) var<storage, read> old: Ps;`, pass: PINGPONG, shape: [1026] },
    ],
  ])("%s", async (_, body, expected, shape) => {
    expect(await told(body, shape)).toEqual([expect.stringContaining(expected)]);
  });

  it.each<[string, string, Shape]>([
    ["all are reached", "o[id.x] = old[id.x] + 1u;", { pass: { ...PINGPONG, workgroups: [4] } }],
    [
      "all of the halves start with more than zeros",
      "o[id.x] = old[id.x] + 1u;",
      { pass: PINGPONG, bindings: { old: FILE, o: { init: { file: "old.bin" } } }, ...OLD },
    ],
    ["a struct is stored as a whole", "o = R(); _ = id;", { head: FIXED, shape: [129] }],
    ["a member is", "o.cells = array<u32, 100>(); o.more = array<u32, 28>(); _ = id;", { head: FIXED, shape: [129] }],
  ])("and nothing is said where %s", async (_, body, shape) => {
    expect(await told(body, shape)).toEqual([]);
  });
});

it("an output of 64 bits on words of 32 is told by its dtype", async () => {
  const files = job("o[id.x] = 1u;", { head: "@group(0) @binding(1) var<storage, read_write> o: array<u32>;" });
  const wide = { ...files, "job.json": { ...(files["job.json"] as object), output: [{ binding: "o", dtype: "u64", shape: [128] }] } };
  expect(admitted(await judges.admit(packageOf(wide))).warnings).toEqual([
    expect.stringMatching(
      /output\[0\]\.shape: o has 256 elements by this shape of u64, of which each takes two, and the passes 192 invocations/,
    ),
  ]);
});

describe("an output that is the read-only half of a swap", () => {
  const body = "o[id.x] = old[id.x] + 1u;";
  const half = { output: "old", pass: { workgroups: [4], swap: [["old", "o"]] } };

  it("is a fault where its pass has one iteration, after which nothing is swapped", async () => {
    const [fault, ...more] = refused(await judges.admit(packageOf(job(body, half))));
    expect(more).toEqual([]);
    expect(fault).toMatchObject({ field: "output[0].binding", right: "Name o, or repeat the pass." });
    expect(fault?.wrong).toContain("No pass writes what is bound as old in the last iteration");
  });

  it("is told as one iteration old where an iteration before has written it", async () => {
    expect(await told(body, { ...half, pass: { ...half.pass, repeat: 2 } })).toEqual([
      expect.stringMatching(/output\[0\]\.binding: old is what iteration 2 of 2 of passes\[0\] reads, .* Name o, which it writes\.$/),
    ]);
  });
});

describe("a pass that is repeated to do the same again", () => {
  const again = { workgroups: [4], repeat: 7 };

  it("is told, with the swap that is missing", async () => {
    expect(await told("o[id.x] = old[id.x] + 1u;", { pass: again, bindings: { old: FILE }, ...OLD })).toEqual([
      expect.stringMatching(
        /^job\.json:\d+:\d+ passes\[0\]\.repeat: all 7 iterations do the same: .*Let old and o trade places between them, "swap": \[\["old","o"\]\], or/,
      ),
    ]);
  });

  it.each<[string, string, Shape?]>([
    ["it reads what it writes", "o[id.x] = o[id.x] + 1u; _ = old[0];"],
    ["it adds to it", "o[id.x] += 1u; _ = old[0];"],
    ["a function does", "o[id.x] = next(id.x); _ = old[0];", { head: `${HALVES}\nfn next(at: u32) -> u32 { return o[at] + 1u; }` }],
    ["it counts", "atomicAdd(&o[id.x], 1u); _ = old[0];", { head: HALVES.replace("o: array<u32>", "o: array<atomic<u32>>") }],
    [
      "it is given its iteration",
      "o[id.x] = step; _ = old[0];",
      {
        head: `${HALVES}\n@group(0) @binding(2) var<uniform> step: u32;`,
        pass: { set: { step: { "": "$pass.iteration" } } },
        bindings: { old: FILE, step: { set: { "": 1 } } },
      },
    ],
  ])("is not where %s", async (_, body, shape) => {
    const warnings = await told(body, { bindings: { old: FILE }, ...OLD, ...shape, pass: { ...again, ...shape?.pass } });
    expect(warnings.join()).not.toMatch(/do the same/);
  });
});
