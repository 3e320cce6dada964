/** Packages that are made to hurt. Each ends with a fault in a bounded time, and the next one is judged as if nothing had been. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_KERNEL_BYTES } from "../../../shared/manifest.ts";
import { admitted, type Files, judgesHere, KERNEL, manifest, packageOf, refused, show } from "./package.ts";

const judges = judgesHere();

const good: Files = { "job.json": manifest(), "kernel.wgsl": KERNEL };
const job = (kernel: string, changes: Record<string, unknown> = {}): Files => ({ "job.json": manifest(changes), "kernel.wgsl": kernel });

function doubling(depth: number, use: string): string {
  let structs = "struct S0 { a: u32, b: u32 }\n";
  for (let i = 1; i <= depth; i++) structs += `struct S${i} { a: S${i - 1}, b: S${i - 1} }\n`;
  return `${structs}@group(0) @binding(1) var<storage, read_write> values: S${depth};\n@compute @workgroup_size(1) fn main() { ${use} }`;
}

function chained(count: number): string {
  let consts = "const c0 = 1u;\n";
  for (let i = 1; i <= count; i++) consts += `const c${i} = c${i - 1} + c${i - 1} - c${i - 1};\n`;
  return `${consts}@group(0) @binding(1) var<storage, read_write> values: array<u32, c${count}>;\n@compute @workgroup_size(1) fn main() { values[0] = 1u; }`;
}

describe("a kernel that keeps the judge busy", () => {
  it.each<[string, string]>([
    ["doubling structs that are copied", doubling(26, "var y = values; values = y;")],
    ["constants that double their work", chained(60)],
    ["expressions nested deeply", `@compute @workgroup_size(1) fn main() { let x = ${"(".repeat(50_000)}1${")".repeat(50_000)}; }`],
    ["blocks nested deeply", `@compute @workgroup_size(1) fn main() { ${"{".repeat(60_000)}${"}".repeat(60_000)} }`],
    [
      "types nested deeply",
      `alias T = ${"array<".repeat(20_000)}u32${", 1>".repeat(20_000)};\n@group(0) @binding(1) var<storage, read_write> values: T;`,
    ],
    [
      "an array without end",
      "@group(0) @binding(1) var<storage, read_write> values: array<array<array<u32, 65535>, 65535>, 65535>;\n@compute @workgroup_size(1) fn main() { values[0][0][0] = 1u; }",
    ],
    [
      "a private array of gigabytes",
      `var<private> big: array<u32, 2000000000>;\n${KERNEL.replace("values[id.x] =", "big[id.x] = 1u; values[id.x] = big[id.y] +")}`,
    ],
    ["recursion", `${KERNEL.replace("values[id.x] =", "f(); values[id.x] =")}fn f() { g(); } fn g() { f(); }`],
    [
      "a struct that holds itself",
      "struct A { b: B } struct B { a: A }\n@group(0) @binding(1) var<storage, read_write> values: A;\n@compute @workgroup_size(1) fn main() { values.b.a.b = values.b; }",
    ],
    ["nothing but comments", `/*${"/*".repeat(50_000)}`],
    ["no text at all", ""],
    [
      "256 KiB of functions without a binding",
      Array.from({ length: 6_000 }, (_, i) => `fn g${i}_(x: u32) -> u32 { return x + ${i}u; }`)
        .join("\n")
        .slice(0, MAX_KERNEL_BYTES),
    ],
  ])(
    "%s",
    async (_, kernel) => {
      const faults = refused(await judges.admit(packageOf(job(kernel, { bindings: {} }))));
      for (const fault of faults) {
        expect(fault.file).not.toBe("");
        expect(fault.wrong).toMatch(/\S/);
        expect(fault.right).toMatch(/\S/);
      }
      admitted(await judges.admit(packageOf(good)));
    },
    60_000,
  );

  it("names what it was at when it had to be stopped", async () => {
    const [fault] = refused(await judges.admit(packageOf(job(chained(60), { bindings: {} }))));
    expect(fault).toMatchObject({ file: "kernel.wgsl", wrong: expect.stringMatching(/not be judged within .* while /) });
  }, 60_000);

  it("is admitted when it is merely long", async () => {
    const functions = Array.from({ length: 2_000 }, (_, i) => `fn g${i}_(x: u32) -> u32 { return x + ${i}u; }`).join("\n");
    admitted(await judges.admit(packageOf(job(`${KERNEL}${functions}`))));
  });
});

describe("a manifest that is made to hurt", () => {
  it.each<[string, Files]>([
    ["nested lists", { ...good, "job.json": "[".repeat(200_000) }],
    [
      "thousands of bindings",
      { ...good, "job.json": manifest({ bindings: Object.fromEntries(Array.from({ length: 8_000 }, (_, i) => [`b${i}`, {}])) }) },
    ],
    ["thousands of wrong values", { ...good, "job.json": `{"output": [${'"x",'.repeat(50_000)}0]}` }],
    [
      "too many values of a field",
      {
        ...good,
        "job.json": JSON.stringify(
          manifest({
            bindings: { params: { set: { first: 1 } }, values: { elements: 30_000, set: { "": Array.from({ length: 30_000 }, () => 1) } } },
          }),
        ),
      },
    ],
    ["a number of ten thousand digits", { ...good, "job.json": manifest({ bindings: { params: { set: { first: "9".repeat(9_999) } } } }) }],
    [
      "a number of a hundred thousand digits",
      { ...good, "job.json": manifest({ bindings: { params: { set: { first: "9".repeat(100_000) } } } }) },
    ],
    [
      "names of Object's own",
      {
        ...good,
        "job.json": manifest({
          bindings: { params: { set: { first: 1, ["__proto__"]: 1, constructor: 2 } }, constructor: {}, toString: {} },
          overrides: { hasOwnProperty: 1 },
        }),
      },
    ],
    ["a file outside of the package", { ...good, "job.json": manifest({ kernel: ["../kernel.wgsl"] }) }],
    ["a manifest of half a megabyte", { ...good, "job.json": `{"name": "${"x".repeat(500_000)}"}` }],
  ])("%s", async (_, files) => {
    const faults = refused(await judges.admit(packageOf(files)));
    expect(faults.length).toBeLessThanOrEqual(100);
    expect(faults.map(show).join("").length).toBeLessThan(100_000);
    admitted(await judges.admit(packageOf(good)));
  });

  it("is judged without a crash, however it is changed", async () => {
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        true,
        -1,
        0,
        1.5,
        2 ** 40,
        "",
        "x",
        "$unit.index",
        "$row.x",
        "9".repeat(40),
        [],
        {},
        [1, 2],
        { of: "$unit.index" },
        { kind: "sum" },
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const paths = fc.constantFrom<(string | number)[]>(
      ["name"],
      ["kernel"],
      ["kernel", 0],
      ["units"],
      ["units", "count"],
      ["bindings"],
      ["bindings", "params"],
      ["bindings", "params", "set"],
      ["bindings", "params", "set", "first"],
      ["bindings", "params", "init"],
      ["bindings", "values"],
      ["passes"],
      ["passes", 0],
      ["passes", 0, "workgroups"],
      ["passes", 0, "set"],
      ["passes", 0, "swap"],
      ["passes", 0, "table"],
      ["passes", 0, "repeat"],
      ["overrides"],
      ["requires"],
      ["output"],
      ["output", 0],
      ["output", 0, "shape"],
      ["output", 0, "reduce"],
      ["output", 0, "dtype"],
      ["verify"],
      ["seed"],
      ["extra"],
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(paths, value), { minLength: 1, maxLength: 3 }), async (changes) => {
        const job = structuredClone(manifest());
        for (const [path, change] of changes) put(job, path, change);
        const admission = await judges.admit(packageOf({ "job.json": job, "kernel.wgsl": KERNEL }));
        if (!admission.ok) for (const fault of admission.faults) expect(fault.wrong).not.toMatch(/died|could not be judged/);
      }),
      { numRuns: 400 },
    );
  }, 60_000);

  it("with a kernel cut and glued at random is judged without a crash", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(KERNEL.length),
        fc.nat(60),
        fc.constantFrom("", "{", "}", "<", ">", "@", "struct", "array<u32, 0>", "override N: u32;", "\u0000", "é", "/*"),
        async (at, length, glue) => {
          const kernel = KERNEL.slice(0, at) + glue + KERNEL.slice(at + length);
          const admission = await judges.admit(packageOf({ "job.json": manifest(), "kernel.wgsl": kernel }));
          if (!admission.ok) for (const fault of admission.faults) expect(fault.wrong).not.toMatch(/died|could not be judged/);
        },
      ),
      { numRuns: 400 },
    );
  }, 60_000);
});

/** Puts `value` at `path` of `job`, where there is a place for it. */
function put(job: Record<string, unknown>, path: readonly (string | number)[], value: unknown): void {
  let parent: unknown = job;
  for (const step of path.slice(0, -1)) parent = parent !== null && typeof parent === "object" ? Reflect.get(parent, step) : undefined;
  const last = path[path.length - 1];
  if (parent !== null && typeof parent === "object" && last !== undefined) Reflect.set(parent, last, structuredClone(value));
}
