/** Tint stops at its first error; what is wrong elsewhere in the kernel is told beside it, and nothing that only follows from it. */
import { expect, it } from "vitest";
import { type Files, job, judgesHere, packageOf, refused } from "./package.ts";

const judges = judgesHere();

const HEAD = `struct Params { first: u32, width: u32, scale: f32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
`;
const MAIN = "@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>)";
/** `4:7` of each fault of the kernel, and what is wrong. */
const told = async (text: string, head = HEAD): Promise<string[]> => {
  const files: Files = job({}, `${head}${text}`);
  const faults = refused(await judges.admit(packageOf(files)));
  return faults.map(({ file, line, column, wrong }) => `${file === "kernel.wgsl" ? "" : `${file}:`}${line}:${column} ${wrong}`);
};

const U32 = "cannot convert value of type 'abstract-float' to type 'u32'.";

it.each<[string, string, string[]]>([
  [
    "an undeclared name hides no type",
    `${MAIN} {\n values[0] = missing;\n values[1] = 1.5;\n}`,
    ["5:14 Nothing declares missing.", `6:14 ${U32}`],
  ],
  [
    "each function is judged",
    `fn f() -> u32 {\n return 1.5;\n}\nfn g(x: u32) -> u32 {\n if (x == 1.5) { return 1u; }\n}\n${MAIN} {\n values[f()] = g(0.5);\n}`,
    [`5:9 ${U32}`, "8:6 no matching overload for 'operator == (u32, abstract-float)'.", `11:18 ${U32}`],
  ],
  [
    "what is computed from a wrong value is not told",
    `${MAIN} {\n let a = missing;\n let b = a * 2u;\n if (b > 1u) { values[b] = 1u; }\n var c: u32 = 0.5;\n values[c] = c;\n values[0] = true;\n}`,
    ["5:10 Nothing declares missing.", `8:15 ${U32}`, "10:12 cannot assign 'bool' to 'u32'."],
  ],
  [
    "conditions and headers of loops",
    `${MAIN} {\n for (var i = 0u; i < 1.5; i++) { values[i] = 0.5; }\n while (1u) { if (2u) { break; } }\n switch (1.5) { case 1 { values[1] = 1.5; } default {} }\n}`,
    [
      "5:19 no matching overload for 'operator < (u32, abstract-float)'.",
      `5:47 ${U32}`,
      "6:9 while condition must be bool, got u32.",
      "6:19 if statement condition must be bool, got u32.",
      "7:10 cannot convert value of type 'abstract-float' to type 'i32'.",
      `7:38 ${U32}`,
    ],
  ],
  [
    "a loop whose variable is wrong",
    `${MAIN} {\n for (var i = missing; i < 2u; i++) { values[0] = 1.5; values[i] = 2.5; }\n}`,
    ["5:15 Nothing declares missing.", `5:51 ${U32}`],
  ],
  [
    "a type that is wrong takes what has it along",
    `struct Cell { at: vec2<u33> }\nvar<workgroup> cells: array<Cell, 4>;\n${MAIN} {\n cells[0].at.x = 1u;\n values[0] = 1.5;\n}`,
    ["4:24 Nothing declares u33.", `8:14 ${U32}`],
  ],
  [
    "a builtin of another type, without the uses that follow from it",
    `@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<f32>) {\n values[id.x] = 1u;\n values[0] = 1.5;\n}`,
    ["4:39 store type of '@builtin(global_invocation_id)' must be 'vec3<u32>'.", `6:14 ${U32}`],
  ],
  [
    "a function in which a return is taken out lacks none",
    `fn f(x: u32) -> u32 {\n return missing;\n}\n${MAIN} {\n values[0] = f(1.5);\n}`,
    ["5:9 Nothing declares missing.", `8:16 ${U32}`],
  ],
  [
    "the rest of a kernel whose syntax is wrong",
    `fn f(x: u32) -> u32 {\n return 1u\n}\noverride K = 1.5u;\n${MAIN} {\n values[0] = f(1u) + K;\n values[1] = 1.5;\n}`,
    ["5:11 Expected ';' after return statement.", "7:17 Expected ';' after override declaration.", `10:14 ${U32}`],
  ],
])("%s", async (_, text, faults) => {
  expect(await told(text)).toEqual(faults);
});

it("tells of each binding without a place, and of what is done with them", async () => {
  const head = "var<uniform> params: vec3u;\nvar<storage, read_write> values: array<u32>;\n";
  expect((await told(`${MAIN} {\n values[params.x] = 1.5;\n}`, head)).filter((fault) => !fault.startsWith("job.json"))).toEqual([
    "1:1 resource variables require '@group' and '@binding' attributes.",
    "2:1 resource variables require '@group' and '@binding' attributes.",
    `4:21 ${U32}`,
  ]);
});

it("judges a kernel in which one wrong name stands in very many places", async () => {
  const lines = Array.from({ length: 8_000 }, (_, index) => ` values[${index % 64}] = a;`).join("\n");
  expect(await told(`${MAIN} {\n let a = missing;\n${lines}\n values[0] = 1.5;\n}`)).toContain("5:10 Nothing declares missing.");
});

it("judges a kernel with more errors than tries within its time", async () => {
  const lines = Array.from({ length: 200 }, (_, index) => ` values[${index}] = 1.5;`).join("\n");
  const faults = await told(`${MAIN} {\n${lines}\n}`);
  expect(faults.length).toBeGreaterThan(2);
  expect(faults.every((fault) => fault.endsWith(U32))).toBe(true);
});
