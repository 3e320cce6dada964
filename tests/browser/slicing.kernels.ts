/** Random kernels whose every invocation leaves what its built-in values were in a cell of its own. Integers only. */
import type { JobPlan, PassPlan } from "../../shared/plan.ts";
import { type Random, shuffled } from "../chaos/random.ts";
import { buffer, constant, iteration, output, pass, u32, unitIndex, wholePlan } from "./engine.plans.ts";

const CELLS = 2048;
/** Workgroup and grid in x, y, z at most: 24 invocations of 80 workgroups. */
const MAX_SIZE = [4, 3, 2] as const;
const MAX_GRID = [5, 4, 4] as const;
const BINDINGS = ["cells", "other", "step", "sum"] as const;
const VECTORS = ["global_invocation_id", "workgroup_id", "num_workgroups", "local_invocation_id"];
const INDICES = ["local_invocation_index", "workgroup_index", "global_invocation_index"];

type Triple = [number, number, number];

/** Declarations in the order in which they were thought of; the kernel has them in any other. */
interface Growth {
  random: Random;
  declarations: string[];
  overrides: Record<string, number>;
}

/** A plan of one to three passes over a random kernel, as its owner would write it. */
export function growPlan(random: Random): JobPlan {
  const growth: Growth = { random, declarations: [], overrides: {} };
  const slots = shuffled(
    [0, 1, 2, 3].flatMap((group) => [0, 1, 2, 3, 7].map((binding) => ({ group, binding }))),
    random,
  );
  const types = { cells: "array<u32>", other: "array<u32>", step: "Step", sum: "atomic<u32>" };
  const space = (name: string) => (name === "step" ? "var<uniform>" : "var<storage, read_write>");
  for (const [i, name] of BINDINGS.entries()) {
    const { group, binding } = slots[i] as (typeof slots)[number];
    growth.declarations.push(`@group(${group}) @binding(${binding}) ${space(name)} ${name}: ${types[name]};`);
  }
  growth.declarations.push(
    "struct Step { unit: u32, number: u32 }",
    "fn twist(h: u32, x: u32) -> u32 { return (h ^ x) * 747796405u + 2891336453u; }",
  );
  const passes: PassPlan[] = [];
  for (let number = 0, count = 1 + random(3); number < count; number++) passes.push(growPass(growth, number));
  const kernel = `${random(2) ? "requires linear_indexing;\n" : ""}${shuffled(growth.declarations, random).join("\n")}`;
  const buffers = BINDINGS.map((name, i) => {
    const { group, binding } = slots[i] as (typeof slots)[number];
    if (name === "step") return { ...buffer(name, binding, "uniform", 8, { writes: [u32(0, unitIndex())] }), group };
    const init = { kind: "fill", word: 77 } as const;
    return { ...buffer(name, binding, "storage", name === "sum" ? 4 : 4 * CELLS, { init }), group };
  });
  const outputs = [output("cells", 0, CELLS), output("other", 1, CELLS), output("sum", 3, 1)];
  return wholePlan(kernel, buffers, passes, outputs, { overrides: growth.overrides });
}

function growPass(growth: Growth, number: number): PassPlan {
  const { random } = growth;
  const dimensions = 1 + random(3);
  const upTo = (most: readonly [number, number, number]) => most.map((m, axis) => (axis < dimensions ? 1 + random(m) : 1)) as Triple;
  const [size, grid] = [upTo(MAX_SIZE), upTo(MAX_GRID)];
  const chosen = [...VECTORS, ...INDICES].filter(() => random(2) === 1);
  const builtins = new Set([...chosen, ...(random(2) ? ["global_invocation_id"] : ["workgroup_id", "local_invocation_index"])]);
  const { params, valueIn } = growParams(growth, [...builtins], number);
  const lines = ["var h = twist(step.unit, step.number);"];
  for (const builtin of builtins) {
    const value = valueIn(builtin);
    for (const part of VECTORS.includes(builtin) ? ["x", "y", "z"] : [""]) lines.push(`h = twist(h, ${value}${part && `.${part}`});`);
  }
  const invocations = size[0] * size[1] * size[2];
  if (builtins.has("local_invocation_index") && random(2)) {
    growth.declarations.push(`var<workgroup> shared_${number}: array<u32, ${invocations}>;`);
    const index = valueIn("local_invocation_index");
    lines.push(`shared_${number}[${index}] = h;`, "workgroupBarrier();", `h += shared_${number}[(${index} + 1u) % ${invocations}u];`);
  }
  if (random(2)) lines.push("atomicAdd(&sum, h);");
  if (random(3) === 0) lines.push("if (h % 5u == 0u) { return; }");
  lines.push(`let cell = ${cellOf(valueIn, builtins, size, grid)};`, "cells[cell] += h;", "other[cell] ^= h;");
  const name = ["main", "box", "first", "sliced"][random(4)] as string;
  const heads = shuffled(["@compute", `@workgroup_size(${growSizes(growth, size, number)})`], random).join(random(2) ? " " : "\n");
  growth.declarations.push(`${heads}\nfn ${name}_${number}(${params}) {\n  ${lines.join("\n  ")}\n}`);
  const repeat = 1 + random(3);
  return pass(`${name}_${number}`, grid, [0, 1, 2, 3], {
    repeat,
    set: [{ buffer: 2, write: u32(4, random(2) ? iteration : constant(number)) }],
    swap: repeat > 1 && random(2) ? [[0, 1]] : [],
  });
}

/** A number of its own for each invocation of the dispatch. */
function cellOf(valueIn: (builtin: string) => string, builtins: ReadonlySet<string>, size: Triple, grid: Triple): string {
  const linear = (at: string, [x, y]: readonly number[]) => `${at}.x + ${x}u * (${at}.y + ${y}u * ${at}.z)`;
  if (builtins.has("global_invocation_id"))
    return linear(
      valueIn("global_invocation_id"),
      size.map((s, i) => s * (grid[i] as number)),
    );
  const invocations = size[0] * size[1] * size[2];
  return `(${linear(valueIn("workgroup_id"), grid)}) * ${invocations}u + ${valueIn("local_invocation_index")}`;
}

/** Each value as a parameter or in one of two structs, some behind aliases. */
function growParams(growth: Growth, builtins: string[], number: number): { params: string; valueIn: (builtin: string) => string } {
  const { random, declarations } = growth;
  const values = new Map<string, string>();
  const structs: string[][] = [[], []];
  const params: string[] = [];
  for (const builtin of shuffled(builtins, random)) {
    const plain = INDICES.includes(builtin) ? "u32" : (["vec3<u32>", "vec3u"][random(2)] as string);
    const type = random(3) === 0 ? growAlias(growth, plain, `${builtin}_${number}`) : plain;
    const place = random(3);
    const comma = random(4) === 0 ? ", /* , */" : "";
    const struct = structs[place];
    if (struct) struct.push(`@builtin(${builtin}${comma}) v_${builtin}: ${type}`);
    else params.push(`@builtin(${builtin}${comma}) v_${builtin}: ${type}`);
    values.set(builtin, struct ? `in${place}.v_${builtin}` : `v_${builtin}`);
  }
  for (const [i, members] of structs.entries()) {
    if (members.length === 0) continue;
    const name = `Input_${number}_${i}`;
    declarations.push(`struct ${name} {\n  ${members.join(",\n  ")}\n}`);
    params.push(`in${i}: ${random(2) ? growAlias(growth, name, name) : name}`);
  }
  return {
    params: shuffled(params, random).join(random(2) ? ", " : ", // one more\n  "),
    valueIn: (builtin) => values.get(builtin) as string,
  };
}

function growAlias({ random, declarations }: Growth, type: string, name: string): string {
  const inner = `Inner_${name}`;
  declarations.push(`alias Alias_${name} = ${random(2) ? inner : type};`, `alias ${inner} = ${type};`);
  return `Alias_${name}`;
}

/** The arguments of `@workgroup_size`, all of one type: literals, constants, overrides, expressions with commas and comments. */
function growSizes(growth: Growth, size: Triple, number: number): string {
  const { random, declarations, overrides } = growth;
  const type = ["u32", "i32"][random(2)] as string;
  const literal = (value: number) => `${value}${type === "u32" ? "u" : "i"}`;
  const count = size[2] > 1 ? 3 : size[1] > 1 ? 2 : 1 + random(3);
  const sizes = size.slice(0, count).map((value, axis) => {
    const name = `size_${number}_${axis}`;
    switch (random(6)) {
      case 0:
        declarations.push(`const ${name} = ${literal(value)};`);
        return name;
      case 1:
        declarations.push(`override ${name}: ${type} = ${literal(value)};`);
        return name;
      case 2:
        declarations.push(`@id(${10 * number + axis}) override ${name}: ${type};`);
        overrides[10 * number + axis] = value;
        return `/* a ) here */ ${name}`;
      case 3:
        declarations.push(`override ${name} = ${literal(2 * value)};`);
        return `(${name} / 2) // half\n`;
      case 4:
        return `array<${type}, 2>(${literal(value)}, 9)[0]`;
      default:
        return literal(value);
    }
  });
  return sizes.join(", ") + (random(3) === 0 ? ",\n" : "");
}
