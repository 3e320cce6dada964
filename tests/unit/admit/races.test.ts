/** What is said of workgroup memory that is taken by another index than it was written by, with no barrier between. */
import { describe, expect, it } from "vitest";
import { admitted, type Files, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

function job(body: string, size: string): Files {
  const kernel = `@group(0) @binding(0) var<storage, read> data: array<u32>;
@group(0) @binding(1) var<storage, read_write> o: array<u32>;
var<workgroup> bins: array<atomic<u32>, 256>;
var<workgroup> tile: array<u32, 256>;
fn all_bins(lane: u32) { atomicAdd(&bins[lane], tile[0]); }
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
