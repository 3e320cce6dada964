/** Our layout against Dawn's: its error about a buffer of 2 bytes names the size that Tint computed. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { readKernel } from "../../../shared/kernel/read.ts";
import { reflect } from "../../../shared/kernel/reflect.ts";
import { openNullDevice } from "../null-device.ts";

let device: GPUDevice;

beforeAll(async () => {
  device = await openNullDevice(["shader-f16"]);
});

async function dawnSize(code: string): Promise<number> {
  device.pushErrorScope("validation");
  const module = device.createShaderModule({ code });
  const pipeline = device.createComputePipeline({ layout: "auto", compute: { module, entryPoint: "main" } });
  const buffer = device.createBuffer({ size: 2, usage: 0x80 });
  device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] });
  const message = (await device.popErrorScope())?.message ?? "";
  const size = /minBindingSize: (\d+)/.exec(message)?.[1];
  if (!size) throw new Error(`${message}\n${code}`);
  return Number(size);
}

function ourSize(code: string): number {
  const { kernel, faults } = readKernel([{ path: "kernel.wgsl", text: code }]);
  if (!kernel || faults.length > 0) throw new Error(JSON.stringify(faults));
  const { bindings, faults: bindingFaults } = reflect(kernel).bindingsOf(["main"]);
  if (!bindings[0] || bindingFaults.length > 0) throw new Error(`${JSON.stringify(bindingFaults)}\n${code}`);
  return bindings[0].layout.size;
}

const scalar = fc.constantFrom("u32", "i32", "f32", "f16", "atomic<u32>");
const leaf = fc.oneof(
  scalar,
  fc.tuple(fc.constantFrom("vec2", "vec3", "vec4"), fc.constantFrom("u32", "i32", "f32", "f16")).map(([v, s]) => `${v}<${s}>`),
  fc
    .tuple(fc.constantFrom(2, 3, 4), fc.constantFrom(2, 3, 4), fc.constantFrom("f32", "f16"))
    .map(([columns, rows, s]) => `mat${columns}x${rows}<${s}>`),
);

/** Structs of leaves, arrays of leaves, and structs declared before them; the last may end runtime-sized. */
const program = fc
  .array(
    fc.array(
      fc.record({
        type: leaf,
        inner: fc.option(fc.nat(), { freq: 3 }),
        count: fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined }),
        align: fc.option(fc.constant(64), { nil: undefined, freq: 5 }),
        extra: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined, freq: 5 }),
      }),
      { minLength: 1, maxLength: 6 },
    ),
    { minLength: 1, maxLength: 4 },
  )
  .chain((structs) => fc.tuple(fc.constant(structs), fc.boolean()));

describe("layout", () => {
  it("has the sizes that Tint computes, whatever the struct", async () => {
    await fc.assert(
      fc.asyncProperty(program, async ([structs, open]) => {
        const declarations = structs.map((members, index) => {
          const fields = members.map((member, at) => {
            const base = member.inner !== null && index > 0 ? `S${member.inner % index}` : member.type;
            const type = member.count === undefined ? base : `array<${base}, ${member.count}>`;
            const align = member.align === undefined ? "" : `@align(${member.align}) `;
            const size = member.extra === undefined || base !== "u32" || member.count !== undefined ? "" : `@size(${4 + member.extra}) `;
            return `${align}${size}m${at}: ${type}`;
          });
          if (open && index === structs.length - 1) fields.push(`tail: array<${members[0]?.type}>`);
          return `struct S${index} { ${fields.join(", ")} }`;
        });
        const name = `S${structs.length - 1}`;
        const code = `enable f16;\n${declarations.join("\n")}
          @group(0) @binding(0) var<storage, read_write> it: ${name};
          @compute @workgroup_size(1) fn main() { let p = &it; }`;
        expect(ourSize(code)).toBe(await dawnSize(code));
      }),
      { numRuns: 300 },
    );
  });
});
