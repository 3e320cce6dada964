/** Rewritten kernels, by the rules of slicing; Tint takes each of them. What they compute is tested in the browser. */
import { beforeAll, describe, expect, it } from "vitest";
import { readKernel } from "../../../shared/kernel/read.ts";
import { reflect } from "../../../shared/kernel/reflect.ts";
import { type SlicedKernel, sliceKernel } from "../../../shared/kernel/slice/slice.ts";
import { openNullDevice } from "../null-device.ts";

let device: GPUDevice;

beforeAll(async () => {
  device = await openNullDevice(["shader-f16", "subgroups"]);
});

/** What Tint says of `text` and of a pipeline for each entry point, or "". */
async function tintSays(text: string, entryPoints: Iterable<string>, constants: Record<string, number>): Promise<string> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code: text });
  const errors = (await module.getCompilationInfo()).messages.filter(({ type }) => type === "error");
  if (errors.length === 0) {
    for (const entryPoint of entryPoints) device.createComputePipeline({ layout: "auto", compute: { module, entryPoint, constants } });
  }
  const error = await device.popErrorScope();
  return errors[0]?.message ?? error?.message ?? "";
}

function rewrite(text: string): SlicedKernel | { whole: string } {
  const { kernel, faults } = readKernel([{ path: "kernel.wgsl", text }]);
  if (!kernel || faults.length > 0) throw new Error(JSON.stringify(faults));
  const reflection = reflect(kernel);
  return sliceKernel(kernel, reflection, [...reflection.entryPoints.keys()]);
}

/** The appended text, after Tint took the original and the rewritten kernel, and with the original's text where it was. */
async function appended(text: string, constants: Record<string, number> = {}): Promise<string> {
  const sliced = rewrite(text);
  if ("whole" in sliced) throw new Error(sliced.whole);
  expect(await tintSays(text, sliced.entryPoints.keys(), constants)).toBe("");
  expect(await tintSays(sliced.text, sliced.entryPoints.values(), constants), sliced.text).toBe("");
  for (const [at, character] of [...text].entries()) {
    const now = [...sliced.text][at];
    if (now !== character) expect([at, now]).toEqual([at, " "]);
  }
  expect(sliced.text[text.length]).toBe("\n");
  return sliced.text.slice(text.length + 1);
}

const OUT = "@group(0) @binding(0) var<storage, read_write> out: array<u32>;\n";
const MAIN = `${OUT}@compute @workgroup_size(1) fn main() { out[0] = 1u; }`;

describe("a rewritten kernel", () => {
  it("patches each value that depends on the grid, and passes the workgroup's own on", async () => {
    const text = await appended(`${OUT}@compute @workgroup_size(4, 2)
fn main(@builtin(local_invocation_id) l: vec3u, @builtin(workgroup_id) w: vec3<u32>, @builtin(local_invocation_index) i: u32,
  @builtin(num_workgroups) n: vec3u, @builtin(global_invocation_id) g: vec3<u32>) { out[i] = l.x + w.x + n.x + g.x; }`);
    expect(text).toContain("main(sliced_0, sliced_workgroup, sliced_2, sliced_workgroups, sliced_invocation);");
    expect(text).toContain("let sliced_size = vec3<u32>(u32(4), u32(2), 1);");
  });

  it("patches the members of a struct, through aliases declared in any order", async () => {
    const text = await appended(`alias Outer = Inner;
${OUT}@compute @workgroup_size(1) fn main(input: Outer, @builtin(local_invocation_id) l: vec3u, more: More) {
  out[0] = input.id.x + input.l + l.x + more.n.y;
}
alias Inner = Input;
alias Id = vec3<u32>;
struct Input { @builtin(workgroup_id) id: Id, @builtin(local_invocation_index) @size(16) l: u32 }
struct More { @builtin(num_workgroups) n: Id }`);
    expect(text).toContain("var sliced_struct0 = sliced_0;\n  sliced_struct0.id = sliced_workgroup;");
    expect(text).toContain("let sliced_workgroup = sliced_0.id + sliced_first;");
    expect(text).toContain("main(sliced_struct0, sliced_1, sliced_struct2);");
  });

  it("counts workgroups and invocations over the whole grid, and takes a raw value that it needs once", async () => {
    const alone = await appended(`${OUT}@compute @workgroup_size(8)
fn main(@builtin(workgroup_index) w: u32, @builtin(global_invocation_index) g: u32) { out[g] = w; }`);
    expect(alone).toContain(
      "sliced_1: u32, @builtin(workgroup_id) sliced_workgroup_id: vec3<u32>, @builtin(global_invocation_id) sliced_global_invocation_id: vec3<u32>)",
    );
    const beside = await appended(`${OUT}struct Input { @builtin(workgroup_index) w: u32, @builtin(global_invocation_id) id: vec3u }
@compute @workgroup_size(8) fn main(@builtin(workgroup_id) id: vec3u, input: Input, @builtin(global_invocation_index) g: u32) {
  out[g] = input.w + id.x + input.id.x;
}`);
    expect(beside.match(/@builtin\(workgroup_id\)/g)?.length).toBe(1);
    expect(beside).not.toContain("@builtin(global_invocation_id)");
    expect(beside).toContain("let sliced_invocation = sliced_1.id + sliced_first * sliced_size;");
  });

  it("passes a struct on as it is when all in it is the workgroup's own", async () => {
    const text = await appended(`${OUT}struct Input { @builtin(local_invocation_index) l: u32 }
@compute @workgroup_size(1) fn main(input: Input) { out[0] = input.l; }`);
    expect(text).toContain("{\n  main(sliced_0);\n}");
  });

  it.each([
    ["overrides, with an @id or without", "override N = 8i; @id(7) override M: i32;", "N, M", "u32(N), u32(M), 1", { 7: 2 }],
    ["i32 and constants that are declared later", "", "4i, LATER", "u32(4i), u32(LATER), 1", {}],
    [
      "templates with commas",
      "",
      "array<u32, 3>(1, 2, 3)[1], select(2, 1, 1 < 2)",
      "u32(array<u32, 3>(1, 2, 3)[1]), u32(select(2, 1, 1 < 2)), 1",
      {},
    ],
    ["comments and a trailing comma", "", "/* , */ 8 // )\n, (2 // two\n) /* ) */,\n", "u32(8), u32((2 // two\n)), 1", {}],
    ["an override that divides", "override N: u32 = 64;", "N / 2", "u32(N / 2), 1, 1", {}],
  ] as const)("takes workgroup sizes from %s", async (_name, before, size, expected, constants) => {
    const text = await appended(
      `${before}\n${OUT}@compute @workgroup_size(${size}) fn main(@builtin(global_invocation_id) id: vec3u) { out[id.x] = 1; }
const LATER = 2;`,
      constants,
    );
    expect(text).toContain(`let sliced_size = vec3<u32>(${expected});`);
    expect(text).toContain(`@workgroup_size(${size})`);
  });

  it("leaves directives first, diagnostics where they are, and other functions alone", async () => {
    const text = `enable f16;
enable subgroups;
diagnostic(off, subgroup_uniformity);
${OUT}@diagnostic(off, derivative_uniformity) @compute
@workgroup_size(32) @diagnostic(warning, subgroup_uniformity)
fn main(@builtin(subgroup_invocation_id) lane: u32, @builtin(subgroup_size) @diagnostic_is_no_builtin width: u32) { out[lane] = width + u32(f16(1)); }
@fragment fn paint() -> @location(0) vec4f { return vec4f(); }`.replace(" @diagnostic_is_no_builtin", "");
    const sliced = rewrite(text);
    if ("whole" in sliced) throw new Error(sliced.whole);
    await appended(text);
    expect(sliced.text.startsWith("enable f16;")).toBe(true);
    expect(sliced.text).toContain("@diagnostic(off, derivative_uniformity)         \n");
    expect(sliced.text).toContain("@diagnostic(warning, subgroup_uniformity)\nfn main(");
    expect(sliced.text).toContain("@fragment fn paint()");
    expect([...sliced.entryPoints]).toEqual([["main", "sliced_entry_main"]]);
  });

  it("keeps barriers in uniform control flow", async () => {
    await appended(`${OUT}var<workgroup> tile: array<u32, 4>;
struct Input { @builtin(workgroup_id) id: vec3u, @builtin(num_workgroups) all: vec3u }
@compute @workgroup_size(4) fn main(input: Input, @builtin(local_invocation_index) l: u32) {
  if (input.id.x + 1 < input.all.x) { tile[l] = l; workgroupBarrier(); }
  out[l] = tile[3 - l];
}
@compute @workgroup_size(4) fn other(@builtin(workgroup_id) id: vec3u, @builtin(local_invocation_index) l: u32) {
  for (var i = 0u; i < id.x; i++) { workgroupBarrier(); tile[l] = i; }
  out[l] = tile[l];
}`);
  });

  it("rewrites all compute entry points at once", async () => {
    const sliced = rewrite(
      `${MAIN}\n@compute @workgroup_size(1) fn box() { out[1] = 2; }\n@compute @workgroup_size(1) fn Box() { out[2] = 3; }`,
    );
    expect("whole" in sliced ? sliced : [...sliced.entryPoints]).toEqual([
      ["main", "sliced_entry_main"],
      ["box", "sliced_entry_box"],
      ["Box", "sliced_entry_Box"],
    ]);
    await appended(`${MAIN}\n@compute @workgroup_size(1) fn box() { out[1] = 2; }\n@compute @workgroup_size(1) fn Box() { out[2] = 3; }`);
  });

  it("names nothing as the owner does, not even in a comment", async () => {
    const text = await appended(`// sliced2_box\nconst sliced_0 = 1u;\n${MAIN.replace("main", "sliced_entry_main")}`);
    expect(text).toContain("fn sliced3_entry_sliced_entry_main()");
    const taken = Array.from({ length: 20_000 }, (_, number) => `sliced${number}_`).join(" ");
    expect(rewrite(`// sliced_ ${taken}\n${MAIN}`)).toMatchObject({ entryPoints: new Map([["main", "sliced20000_entry_main"]]) });
  });

  it("begins its own text on a new line, whatever the last one is", async () => {
    await appended(`${MAIN} // the end`);
    await appended(MAIN.replace("@compute ", "@compute // how\r\n\u2028/* \u{1f600} */ "));
  });

  it.each([
    ["the first free group", [[0, 0]], { group: 1, binding: 0 }],
    [
      "a group between used ones",
      [
        [0, 0],
        [2, 0],
      ],
      { group: 1, binding: 0 },
    ],
    [
      "the first free number when all groups are used",
      [
        [0, 0],
        [1, 0],
        [2, 3],
        [3, 0],
        [0, 1],
      ],
      { group: 0, binding: 2 },
    ],
  ] as const)("reads its box at %s", async (_name, used, expected) => {
    const variables = used.map(([group, binding], i) => `@group(${group}) @binding(${binding}) var<storage, read_write> b${i}: u32;`);
    const text = `${variables.join("\n")}\n@compute @workgroup_size(1) fn main() { ${used.map((_, i) => `b${i} = 1;`).join(" ")} }`;
    expect(rewrite(text)).toMatchObject(expected);
    await appended(text);
  });
});

describe("a kernel runs whole", () => {
  it.each([
    ["alias vec3 = vec2<u32>;", "vec3"],
    ["fn vec4() {}", "vec4"],
    ["struct u32 { a: i32 }", "u32"],
    ["const vec4 = 1;", "vec4"],
  ])("when it declares what generated code needs: %s", (declaration, name) => {
    const text = `${declaration}\n@compute @workgroup_size(1) fn main() {}`;
    expect(rewrite(text)).toEqual({ whole: `The kernel declares its own ${name}, which the code that slices needs: rename it.` });
  });

  it("when an entry point uses twelve uniforms; eleven can be sliced", async () => {
    const kernel = (count: number) => {
      const names = Array.from({ length: count }, (_, i) => `u${i}`);
      const variables = names.map((name, i) => `@group(0) @binding(${i + 1}) var<uniform> ${name}: u32;`);
      return `${OUT}${variables.join("\n")}\n@compute @workgroup_size(1) fn main() { out[0] = ${names.join(" + ")}; }`;
    };
    expect(rewrite(kernel(12))).toEqual({
      whole: "main uses 12 uniforms, the most there can be, and slicing needs one: join two of them.",
    });
    await appended(kernel(11));
  });

  it("when its groups have no number left", () => {
    const variables = Array.from({ length: 4000 }, (_, i) => `@group(${i % 4}) @binding(${i >> 2}) var<uniform> b${i}: u32;`);
    const text = `${variables.join("\n")}\n@compute @workgroup_size(1) fn main() {}`;
    expect(rewrite(text)).toEqual({
      whole: "No binding number is free in the kernel's groups, and slicing needs one: use smaller numbers.",
    });
  });
});
