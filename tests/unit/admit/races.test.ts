/** What is said of workgroup memory that is taken by another index than it was written by, with no barrier between. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

function job(body: string, size: string): Files {
  const kernel = `@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(1) var<storage, read_write> o: array<u32>;
var<workgroup> bins: array<atomic<u32>, 256>;
var<workgroup> tile: array<u32, 256>;
fn all_bins(lane: u32) { workgroupBarrier(); atomicAdd(&bins[lane], tile[0]); }
@compute @workgroup_size(${size})
fn main(@builtin(local_invocation_index) lane: u32, @builtin(local_invocation_id) lid: vec3u) {
${body}
o[lane] = tile[lane] + atomicLoad(&bins[lane]);
}
`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 2 },
    bindings: { data: { init: "zero", elements: 64 } },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "o", dtype: "u32", shape: [64] }],
    gflopPerUnit: 1,
  };
  return { "job.json": manifest, "kernel.wgsl": kernel };
}

const told = async (body: string, size = "64") =>
  admitted(await judges.admit(packageOf(job(body, size)))).warnings.filter((text) => /workgroupBarrier/.test(text));

const BARRIER = "workgroupBarrier();";
const CLEARED = "atomicStore(&bins[lane], 0u);";
const COUNTED = "let word = data[lane]; for (var b = 0u; b < 4u; b++) { atomicAdd(&bins[(word >> (8u * b)) & 255u], 1u); }";
const HALVED = (before: string, after: string) =>
  `tile[lane] = data[lane]; for (var half = 32u; half > 0u; half /= 2u) { ${before} if (lane < half) { tile[lane] += tile[lane + half]; } ${after} }`;

describe("a race in a workgroup's memory", () => {
  it("is told with both places and the way out", async () => {
    expect(await told(`${CLEARED}\n${COUNTED}\n${BARRIER}`)).toEqual([
      expect.stringMatching(
        /^kernel\.wgsl:9:\d+ bins: it is used here by another index than it was written by at kernel\.wgsl:8:14, with no .* Write workgroupBarrier\(\); between the two/,
      ),
    ]);
  });

  it.each([
    ["counts that are not complete", `${CLEARED} ${BARRIER} ${COUNTED}`],
    [
      "a tile that others fill",
      "tile[lid.x] = data[lane]; var sum = 0u; for (var j = 0u; j < 64u; j++) { sum += tile[j]; } tile[lane] = sum;",
    ],
    ["a neighbour's element", "let i = lane; tile[i] = data[i]; let next = tile[i + 1u]; o[lane] = next;"],
    ["the first barrier of halves", HALVED("", BARRIER)],
    ["another's element by the same name", "tile[lane] = data[lane]; { let lane = data[lane] & 63u; o[lane] = tile[lane]; }"],
    ["one for all", "tile[lane] = data[lane]; let first = tile[0]; o[lane] = first;"],
  ])("is told of %s", async (_, body) => {
    expect(await told(body)).toHaveLength(1);
  });

  it.each([
    ["a barrier is between", `${CLEARED} ${BARRIER} ${COUNTED} ${BARRIER}`],
    ["each barrier of halves is there", HALVED(BARRIER, "")],
    ["all add", `atomicAdd(&bins[lane], 1u); ${COUNTED} ${BARRIER}`],
    ["the index is the same by another name", "tile[lane] = data[lane]; let i = lid.x; tile[i] += 1u;"],
    ["the invocation writes both", "tile[lane] = 1u; tile[lane + 64u] = 2u; o[lane] = tile[lane + 64u];"],
    ["one invocation takes its own", "tile[lane] = data[lane]; if (lane == 0u) { tile[0] += 1u; }"],
    ["one invocation is left", `tile[lane] = data[lane]; if (lane != 0u) { return; } tile[0] += 1u;`],
    ["a function may have the barrier", "tile[lane] = 1u; all_bins(lane); o[lane] = tile[0];"],
    [
      "every step is the invocation's own",
      "for (var i = lane; i < 256u; i += 64u) { tile[i] = i; } for (var i = lane; i < 256u; i += 64u) { tile[i] += 1u; }",
    ],
  ])("is not spoken of where %s", async (_, body) => {
    expect(await told(body)).toEqual([]);
  });

  it("is none in a workgroup of one", async () => {
    expect(await told(`${CLEARED} ${COUNTED}`, "1")).toEqual([]);
  });
});

const WG = "workgroupBarrier();";
const FILL = `tile[lane] = data[lane]; ${WG}`;
const SCAN = (between: string, after: string) =>
  `${FILL} for (var s = 1u; s < 64u; s <<= 1u) { var v = tile[lane]; if (lane >= s) { v += tile[lane - s]; } ${between} tile[lane] = v; ${after} }`;
const TREE = (after: string) =>
  `${FILL} for (var s = 1u; s < 64u; s *= 2u) { if (lane % (2u * s) == 0u) { tile[lane] += tile[lane + s]; } ${after} } ${WG}`;
const TILES = (first: string, second: string) =>
  `var sum = 0u; for (var t = 0u; t < 4u; t++) { tile[lid.y * 8u + lid.x] = data[t]; ${first} for (var k = 0u; k < 8u; k++) { sum += tile[lid.y * 8u + k] * tile[k * 8u + lid.x]; } ${second} } o[lane] = sum; ${WG}`;
const DOUBLE = (between: string) =>
  `${FILL} var at = 0u; for (var s = 1u; s < 64u; s <<= 1u) { let to = 64u - at; tile[to + lane] = tile[at + lane] + select(0u, tile[at + max(lane, s) - s], lane >= s); at = to; ${between} } ${WG}`;
const BITONIC = (after: string) =>
  `${FILL} for (var k = 2u; k <= 64u; k <<= 1u) { for (var j = k >> 1u; j > 0u; j >>= 1u) { let p = lane ^ j; if (p > lane) { let a = tile[lane]; let b = tile[p]; if ((a > b) == ((lane & k) == 0u)) { tile[lane] = b; tile[p] = a; } } ${after} } }`;

describe("a textbook race that the numbers of the invocations show", () => {
  it.each([
    ["a scan in place without its inner barrier", SCAN("", WG), "64"],
    ["a scan in place without its outer barrier", SCAN(WG, ""), "64"],
    ["a tree of sums without a barrier", TREE(""), "64"],
    ["a tile that is filled before all have read it", TILES(WG, ""), "8, 8"],
    ["a tile that is read before all have filled it", TILES("", WG), "8, 8"],
    ["two buffers that trade places without a barrier", DOUBLE(""), "64"],
    ["a first element that all take", "if (lane == 0u) { tile[0] = data[5]; } o[lane] = tile[0]; workgroupBarrier();", "64"],
  ])("is told: %s", async (_, body, size) => {
    expect(await told(body, size)).toEqual([expect.stringMatching(/ tile: .* with no workgroupBarrier\(\) between/)]);
  });

  it.each([
    ["a scan in place", SCAN(WG, WG), "64"],
    ["a tree of sums", TREE(WG), "64"],
    ["tiles", TILES(WG, WG), "8, 8"],
    ["two buffers", DOUBLE(WG), "64"],
    ["a bitonic sort", BITONIC(WG), "64"],
    ["a first element", `if (lane == 0u) { tile[0] = data[5]; } ${WG} o[lane] = tile[0]; ${WG}`, "64"],
    [
      "a tree whose loop data ends",
      `${FILL} for (var s = 1u; s < data[3]; s *= 2u) { ${WG} if (lane == 0u) { tile[s] += 1u; } ${WG} }`,
      "64",
    ],
    [
      "what only data tells",
      "if (data[0] > 3u) { tile[lane] = 1u; } if (data[0] < 2u) { o[lane] = tile[63u - lane]; } workgroupBarrier();",
      "64",
    ],
    ["one workgroup of rows, each its own", "for (var k = 0u; k < 8u; k++) { tile[lane * 4u + (k & 3u)] += k; } workgroupBarrier();", "64"],
  ])("and correct is not spoken of: %s", async (_, body, size) => {
    expect(await told(body, size)).toEqual([]);
  });
});
