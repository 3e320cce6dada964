/** What is said of a split file whose records do not fill the last unit, and how a kernel is told of it. */
import { describe, expect, it } from "vitest";
import { evaluate, unitScope } from "../../../shared/expand.ts";
import { admitted, buffer, type Files, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

interface Shape {
  records?: number;
  recordsPerUnit?: number;
  /** Type of the binding that is split. */
  type?: string;
  units?: object;
  left?: unknown;
}

/** Records of a u32, of which an invocation a unit counts those that are left. */
function job({ records = 100, recordsPerUnit = 30, type = "array<u32>", units = { split: "src" }, left = 1000 }: Shape): Files {
  const kernel = `@group(0) @binding(0) var<storage, read> src: ${type};
@group(0) @binding(1) var<storage, read_write> sum: u32;
@group(0) @binding(2) var<uniform> left: u32;
@compute @workgroup_size(1) fn main() { for (var i = 0u; i < arrayLength(&src); i++) { if (i < left) { sum += src[i]; } } }
`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units,
    bindings: { src: { init: { file: "d.bin", split: { recordBytes: 4, recordsPerUnit } } }, left: { set: { "": left } } },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "sum", dtype: "u32", shape: [1] }],
    gflopPerUnit: 1,
  };
  const text = type === "array<u32>" ? kernel : kernel.replace("arrayLength(&src)", "30u");
  return { "job.json": manifest, "kernel.wgsl": text, "d.bin": new Uint8Array(4 * records) };
}

const admit = async (shape: Shape) => admitted(await judges.admit(packageOf(job(shape))));
const told = async (shape: Shape) => (await admit(shape)).warnings;
const LEFT = { of: "$unit.index", scale: -30, offset: 100 };

describe("records that do not fill the last unit", () => {
  it.each<[string, Shape, RegExp]>([
    [
      "are counted, with divisors beside the number that was asked for",
      {},
      /^job\.json:\d+:\d+ bindings\.src\.init\.split\.recordsPerUnit: the last unit gets 10 of 100 records and 20 of zeros, .*Let it be 25 or 50, or set a number of the kernel, left say, to \{"of": "\$unit\.index", "scale": -30, "offset": 100\}, .* not below min\(left, 30\)\.$/,
    ],
    [
      "are told where one piece is larger than the file",
      { recordsPerUnit: 128 },
      /gets 100 of 100 records and 28 of zeros.*Let it be 100, or set/,
    ],
    [
      "are told without a divisor where none is near",
      { records: 1009 },
      /gets 19 of 1009 records and 11 of zeros.* for records\. Set a number/,
    ],
    ["have no divisor that an array of a fixed size has no room for", { type: "array<u32, 30>" }, /Let it be 25, or set/],
    ["are told of units that are counted", { units: { count: 4 } }, /gets 10 of 100 records/],
  ])("%s", async (_, shape, expected) => {
    expect(await told(shape)).toEqual([expect.stringMatching(expected)]);
  });

  it.each<[string, Shape]>([
    ["they fill it", { recordsPerUnit: 25 }],
    ["the kernel is handed the number that is left", { left: LEFT }],
  ])("are not told where %s", async (_, shape) => {
    expect(await told(shape)).toEqual([]);
  });

  it("are not told where the last piece is nobody's", async () => {
    expect(await told({ units: { count: 3 } })).toEqual([expect.stringMatching(/pieces for 4 units; only the first 3 are used/)]);
  });

  it("are what the map says that the warning names", async () => {
    const { plan } = await admit({ left: LEFT });
    const write = buffer(plan, "left").writes[0];
    const left = [0, 1, 2, 3].map((index) => write && evaluate(write.value, unitScope(plan, index)));
    expect(left).toEqual([100n, 70n, 40n, 10n]);
  });
});
