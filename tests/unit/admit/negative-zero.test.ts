/** A zero keeps its sign on every way into a float, and is a plain zero in an integer. */
import { expect, it } from "vitest";
import type { Admission } from "../../../server/admit/admit.ts";
import { passScope, unitScope, writeField } from "../../../shared/expand.ts";
import type { JobPlan } from "../../../shared/plan.ts";
import { admitted, buffer, type Files, judgesHere, packageOf } from "./package.ts";

const judges = judgesHere();

const KERNEL = `enable f16;
struct P { f: f32, h: f16, u: u32, i: i32 }
@group(0) @binding(0) var<uniform> p: P;
@group(0) @binding(1) var<storage, read_write> o: array<u32>;
@compute @workgroup_size(1) fn main() { o[0] = bitcast<u32>(p.f) + u32(p.h) + p.u + u32(p.i); }
`;
const ROWS = { units: { rows: "t.csv" }, bindings: { p: { set: { f: "$row.z", h: "$row.z", u: "$row.z", i: "$row.z" } } } };
const TABLE = { table: "t.csv", set: { p: { f: "$pass.z", h: "$pass.z", u: "$pass.z", i: "$pass.z" } } };

function job(changes: object, json = (text: string) => text, csv?: string): Files {
  const manifest = {
    name: "test-job",
    kernel: ["kernel.wgsl"],
    units: { count: 1 },
    passes: [{ workgroups: [1] }],
    output: [{ binding: "o", dtype: "u32", shape: [1] }],
    gflopPerUnit: 1,
    ...changes,
  };
  return { "job.json": json(JSON.stringify(manifest)), "kernel.wgsl": KERNEL, ...(csv === undefined ? {} : { "t.csv": csv }) };
}

/** Bytes of `p` in unit 0, in the first iteration of the first pass. */
function bytesOf(plan: JobPlan, rows: Uint8Array | null): DataView {
  const view = new DataView(new ArrayBuffer(16));
  const scope = unitScope(plan, 0, rows?.subarray(0, plan.rows?.rowBytes));
  const index = plan.buffers.findIndex(({ name }) => name === "p");
  for (const write of buffer(plan, "p").writes) writeField(view, write, scope);
  for (const { buffer: at, write } of plan.passes[0]?.set ?? []) if (at === index) writeField(view, write, passScope(scope, plan, 0, 0));
  return view;
}

const set = (value: unknown) => ({ bindings: { p: { set: { f: value, h: value, u: value, i: value } } } });
const minus = (text: string) => text.replaceAll('"MINUS"', "-0.0");

it.each<[string, Files]>([
  ["a number", job(set("MINUS"), minus)],
  ["a text", job(set("-0"))],
  ["a text with a point", job(set("-0.0"))],
  ["a cell of rows", job(ROWS, undefined, "z\n-0\n7\n")],
  ["a cell of rows with points", job(ROWS, undefined, "z\n-0.0\n7\n")],
  ["a cell of a pass's table", job({ bindings: {}, passes: [{ workgroups: [1], ...TABLE }] }, undefined, "z\n-0\n7\n")],
])("of %s", async (_, files) => {
  const { plan, rows } = admitted(await judges.admit(packageOf(files)));
  const view = bytesOf(plan, rows);
  expect([view.getUint32(0, true), view.getUint16(4, true), view.getUint32(8, true), view.getUint32(12, true)]).toEqual([
    0x8000_0000, 0x8000, 0, 0,
  ]);
});

it("of a constant", async () => {
  const kernel = "@group(0) @binding(0) var<storage, read_write> o: array<f32>;\n@compute @workgroup_size(1) fn main() { o[0] += 1.0; }\n";
  const changes = { bindings: { o: { init: { constant: "MINUS" } } }, output: [{ binding: "o", dtype: "f32", shape: [1] }] };
  const admission: Admission = await judges.admit(packageOf({ ...job(changes, minus), "kernel.wgsl": kernel }));
  expect(buffer(admitted(admission).plan, "o").init).toEqual({ kind: "fill", word: 0x8000_0000 });
});

it("is no reason to round the whole numbers of its column", async () => {
  const changes = { units: { rows: "t.csv" }, bindings: { p: { set: { f: 1, h: 1, u: 1, i: { of: "$row.z", scale: 0 } } } } };
  const { plan } = admitted(await judges.admit(packageOf(job(changes, undefined, "z\n-0\n9007199254740993\n"))));
  expect(plan.rows?.columns).toEqual([{ name: "z", type: "u64" }]);
});
