/** What is said of a job's checker at admission, and what becomes of it in the plan. */
import { describe, expect, it } from "vitest";
import { checkerPlanOf, givenTo, isAccepted } from "../../../shared/checker.ts";
import { frame } from "../../../shared/result.ts";
import { admitted, heard, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

const KERNEL = `@group(0) @binding(0) var<uniform> unit: u32;
@group(0) @binding(1) var<storage, read_write> roots: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> verdict: array<u32, 4>;
@group(0) @binding(4) var<storage, read> own: array<u32, 4>;
@group(0) @binding(5) var<storage, read_write> floats: array<f32, 4>;
@compute @workgroup_size(4) fn main(@builtin(global_invocation_id) id: vec3u) { roots[id.x] = table[id.x] + unit; }
@compute @workgroup_size(4) fn check(@builtin(local_invocation_index) i: u32) { verdict[i] = select(0u, 1u, roots[i] == table[i] + unit); }
@compute @workgroup_size(4) fn blind(@builtin(local_invocation_index) i: u32) { verdict[i] = 1u; }
@compute @workgroup_size(4) fn mute(@builtin(local_invocation_index) i: u32) { floats[i] = f32(roots[i] + own[i]); }
@compute @workgroup_size(4) fn odd(@builtin(local_invocation_index) i: u32) { verdict[i] = select(0u, 1u, roots[i] == own[i]); }
@compute @workgroup_size(4) fn none() {}
@fragment fn paint() -> @location(0) vec4f { return vec4f(); }
`;

const CHECKER = { entryPoint: "check", workgroups: [1], verdict: "verdict" };
function job(verify: object, changes: Record<string, unknown> = {}) {
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 3 },
    bindings: { unit: { set: { "": "$unit.index" } }, table: { init: { file: "table.bin" } } },
    passes: [{ entryPoint: "main", workgroups: [1] }],
    output: [{ binding: "roots", dtype: "u32", shape: [4] }],
    gflopPerUnit: 1,
    verify,
    ...changes,
  };
  return packageOf({ "job.json": manifest, "kernel.wgsl": KERNEL, "table.bin": new Uint8Array(16), "own.bin": new Uint8Array(16) });
}
const told = async (verify: object, changes?: Record<string, unknown>) => heard(await judges.admit(job(verify, changes)));
const checked = (changes: object) => ({ tier: "checker", checker: { ...CHECKER, ...changes } });

describe("a checker", () => {
  it("is part of the plan, and its verdict is nothing that volunteers hold", async () => {
    const { plan, warnings, entryPoints } = admitted(await judges.admit(job(checked({}))));
    expect([warnings, entryPoints]).toEqual([[], ["main"]]);
    expect(plan.buffers.map(({ name }) => name)).toEqual(["unit", "roots", "table"]);
    expect(plan.passes).toHaveLength(1);
    const { checker } = plan;
    expect(checker?.buffers.map((buffer) => (typeof buffer === "number" ? buffer : buffer.name))).toEqual([0, 1, 2, "verdict"]);
    expect(checker?.buffers[checker.verdict]).toMatchObject({ name: "verdict", byteLength: 16 });
    expect(plan.kernel).toContain(`fn ${checker?.pass.entryPoint}(`);
    expect(checker?.pass.entryPoint).not.toBe(plan.passes[0]?.entryPoint);
  });

  it("is a plan of its own for an engine, in which the result lies where the output is", async () => {
    const { plan } = admitted(await judges.admit(job(checked({}))));
    const own = checkerPlanOf(plan);
    if (!own) throw new Error("no checker");
    expect(own).not.toHaveProperty("checker");
    expect(own.outputs).toMatchObject([{ name: "verdict", dtype: "u32", shape: [4], byteLength: 16, buffer: 3 }]);
    expect(own.buffers[2]).toEqual(plan.buffers[2]);
    const result = frame([Uint8Array.from({ length: 16 }, (_, at) => at)]);
    expect(givenTo(plan, result)).toEqual([{ buffer: 1, bytes: result.slice(8) }]);
    expect(() => givenTo(plan, result.slice(1))).toThrow(RangeError);
    const verdict = (...words: number[]) => isAccepted(own, frame([new Uint8Array(Uint32Array.from(words).buffer)]));
    expect([verdict(1, 1, 1, 1), verdict(1, 1, 0, 1), verdict(1, 1, 1, 2), verdict(0, 0, 0, 0)]).toEqual([true, false, false, false]);
    expect(checkerPlanOf({ ...plan, ...{ checker: undefined } } as typeof plan)).toBeUndefined();
  });

  it.each([
    [
      "an entry point that is not there",
      { entryPoint: "chek" },
      /verify\.checker\.entryPoint: The kernel has no entry point chek\. .*check/,
    ],
    ["a shader of another stage", { entryPoint: "paint" }, /paint is a fragment shader/],
    ["a verdict that it does not use", { verdict: "verdikt" }, /verify\.checker\.verdict: check uses no binding verdikt\. .*verdict/],
    ["a verdict that is the output", { verdict: "roots" }, /roots is an output/],
    ["a verdict that is read-only", { verdict: "table" }, /table is read-only/],
    ["a verdict of floats", { entryPoint: "mute", verdict: "floats" }, /floats is array<f32, 4>\. Declare it as u32/],
    ["no use of the output", { entryPoint: "blind" }, /verify\.checker\.entryPoint: blind uses no output.* Let it read roots/],
    ["no use of anything", { entryPoint: "none" }, /It uses no binding at all/],
  ])("is refused with %s", async (_, changes, expected) => {
    const words = await told(checked(changes), { bindings: { ...BINDINGS, own: { init: "zero" } } });
    expect(words).toEqual(expect.arrayContaining([expect.stringMatching(expected)]));
  });

  it("is refused with a file that no pass uses, or a verdict that begins as something", async () => {
    const own = await told(checked({ entryPoint: "odd" }), { bindings: { ...BINDINGS, own: { init: { file: "own.bin" } } } });
    expect(own).toEqual([expect.stringMatching(/bindings\.own\.init: own is used by odd alone/)]);
    const begun = await told(checked({}), { bindings: { ...BINDINGS, verdict: { set: { "[0]": 1 } } } });
    expect(begun).toEqual([expect.stringMatching(/verdict is the verdict, and begins as zeros/)]);
  });

  it("must be there for its tier, and is told to be of no use to another", async () => {
    expect(await told({ tier: "checker" })).toEqual([expect.stringMatching(/verify\.tier: There is no checker to run\. Add "checker"/)]);
    expect(await told({ checker: CHECKER })).toEqual([
      expect.stringMatching(/verify\.checker: the coordinator runs no checker of this tier/),
    ]);
  });

  it("stands beside no tolerance, and in no pool", async () => {
    expect(await told({ ...checked({}), compare: { atol: 1 } })).toEqual(
      expect.arrayContaining([expect.stringMatching(/Results of the tier checker are compared with nothing/)]),
    );
    expect(await told(checked({}), { pool: 1 })).toEqual([expect.stringMatching(/no job of a pool, so none has the tier checker/)]);
  });
});

const BINDINGS = { unit: { set: { "": "$unit.index" } }, table: { init: { file: "table.bin" } } };
