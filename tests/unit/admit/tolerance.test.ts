/** What is said of tolerances that allow nothing, and of those that nothing correct needs. */
import { describe, expect, it } from "vitest";
import { admitted, judgesHere, packageOf, refused } from "./package.ts";

const judges = judgesHere();

async function told(value: string, output: object, verify?: object): Promise<string[]> {
  const { warnings } = admitted(await judges.admit(jobOf(value, output, verify)));
  return warnings.filter((text) => /compare/.test(text));
}

/** `main` stores `value` in each element of `o`, which is `output`. */
function jobOf(value: string, output: object, verify?: object): ReturnType<typeof packageOf> {
  const { dtype = "u32" } = output as { dtype?: string };
  const kernel = `@group(0) @binding(0) var<uniform> unit: u32;
@group(0) @binding(1) var<storage, read_write> o: array<${dtype}>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) { o[id.x] = ${value}; }
`;
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 2 },
    bindings: { unit: { set: { "": "$unit.index" } } },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "o", dtype: "u32", shape: [8, 8], ...output }],
    gflopPerUnit: 1,
    verify,
  };
  return packageOf({ "job.json": manifest, "kernel.wgsl": kernel });
}

const FLOATS = "u32(sqrt(f32(id.x + unit)) * 9.0)";
const INTEGERS = "id.x + unit";
const PICTURE = { reduce: { kind: "image", columns: 2, range: [0, 200] } };

it.each([
  ["of a picture's range", { ...PICTURE, compare: { rtol: 0.001 } }, /output\[0\]\.compare: two whole numbers up to 200 may be 0\.2 apart/],
  ["of its type", { compare: { atol: 0.5 } }, /up to 4294967295 may be 0\.5 apart by this, less than 1: it allows no difference/],
])("a tolerance that allows no two whole numbers %s is told", async (_, output, expected) => {
  expect(await told(FLOATS, output)).toEqual([expect.stringMatching(expected)]);
});

it.each([
  ["by 1", { compare: { atol: 1 } }],
  ["by a share of large ones", { compare: { rtol: 0.001 } }],
  ["in ulps", { compare: { ulps: 1 } }],
  ["by outliers", { compare: { atol: 0.5, outliers: 0.1 } }],
])("one that allows some %s is not", async (_, output) => {
  expect(await told(FLOATS, output)).toEqual([]);
});

it("a tolerance of a kernel without floats is told for what it is", async () => {
  const room = (place: string) => [expect.stringMatching(`${place}: the kernel computes without floats, .* room to cheat in`)];
  expect(await told(INTEGERS, { compare: { atol: 1 } })).toEqual(room("output\\[0\\].compare"));
  expect(await told(INTEGERS, {}, { compare: { atol: 1 } })).toEqual(room("verify.compare"));
  expect(await told(INTEGERS, {})).toEqual([]);
});

it.each([
  ["atol", { compare: { atol: 1e308 } }, "u32 goes to 4294967295"],
  ["atol", { compare: { atol: 1e39, dtype: "f32" } }, "f32 goes to 3.4028234663852886e+38"],
  ["atol", { compare: { atol: 65_504, dtype: "f16" } }, "f16 goes to 65504"],
  ["atol", { compare: { atol: 3e9, rtol: 0.5 } }, "with an rtol of 0.5, takes 0 for right"],
  ["ulps", { compare: { ulps: 256, dtype: "u8" } }, "u8 has 256 values"],
])("%s as wide as the type is refused: %j", async (field, output, wrong) => {
  const faults = refused(await judges.admit(jobOf(FLOATS, output)));
  expect(faults).toEqual([expect.objectContaining({ field: `output[0].compare.${field}`, wrong: expect.stringContaining(wrong) })]);
});

it.each([{ atol: 65_503, dtype: "f16" }, { atol: 2e9, rtol: 0.5 }, { ulps: 255, dtype: "u8" }, { ulps: 2 ** 20 }])(
  "and is taken below: %j",
  async (compare) => {
    expect(await told(FLOATS, { compare })).toEqual([]);
  },
);

it("a tolerance as wide as a picture's range is told", async () => {
  const picture = { reduce: { kind: "image", columns: 2, range: [0, 9] }, shape: [8, 8] };
  expect(await told(FLOATS, { ...picture, compare: { atol: 9 } })).toEqual([
    expect.stringContaining("goes from 0 to 9, so that this takes any colour"),
  ]);
  expect(await told(FLOATS, { ...picture, compare: { atol: 8 } })).toEqual([]);
});

describe("a tolerance that is narrower than WGSL's own error of a function", () => {
  async function tight(value: string, compare: object): Promise<string[]> {
    const { warnings } = admitted(await judges.admit(jobOf(`${value} * f32(unit)`, { dtype: "f32", compare })));
    return warnings.filter((text) => /WGSL lets be off/.test(text));
  }

  it.each([
    ["sin(f32(id.x))", { rtol: 0.00001 }],
    ["cos(f32(id.x))", { ulps: 64 }],
    ["tan(f32(id.x))", { atol: 0.0001 }],
  ])("is told: %s within %j", async (value, compare) => {
    expect(await tight(value, compare)).toEqual([
      expect.stringMatching(/output\[0\]\.compare: the kernel calls (sin|cos|tan) \(kernel\.wgsl:3:\d+\), .*Write "atol": 0\.001 or more/),
    ]);
  });

  it.each([
    ["sin(f32(id.x))", { atol: 0.001 }],
    ["sqrt(f32(id.x))", { rtol: 0.00001 }],
    ["sin(f32(id.x))", { rtol: 0.00001, outliers: 0.1 }],
  ])("and not: %s within %j", async (value, compare) => {
    expect(await tight(value, compare)).toEqual([]);
  });
});
