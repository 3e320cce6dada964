/** The entry point that runs one box of workgroups of what was an entry point of the owner's. */
import type { AttributeElem, FnElem } from "wesl/core";
import type { Kernel } from "../read.ts";
import { type BuiltinInput, builtinInputs } from "./inputs.ts";

/** Attributes that move from the owner's entry point to ours. */
const ENTRY_ATTRIBUTES: ReadonlySet<string> = new Set(["compute", "workgroup_size", "subgroup_size"]);

/** The name of the entry point that stands for the owner's `name`. */
export function entryName(prefix: string, name: string): string {
  return `${prefix}entry_${name}`;
}

/** Its WGSL: it reads `<prefix>box` and calls the owner's function. */
export function entryText(kernel: Kernel, fn: FnElem, prefix: string): string {
  const textOf = ({ start, end }: { start: number; end: number }) => kernel.text.slice(start, end);
  const inputs = builtinInputs(kernel, fn);
  const params = fn.params.map(({ attributes, name: { typeRef } }, index) => {
    const type = typeRef ? `: ${textOf(typeRef)}` : "";
    return [...(attributes ?? []).map(textOf), `${prefix}${index}${type}`].join(" ");
  });
  const wholeOf = wholeValues(kernel, fn, inputs, params, prefix);

  const patches = new Map<number, string[]>();
  const args = fn.params.map((_, index) => `${prefix}${index}`);
  for (const { builtin, param, member } of inputs) {
    const value = wholeOf.value(builtin);
    if (value === undefined) continue;
    if (member === undefined) args[param] = value;
    else patches.set(param, [...(patches.get(param) ?? []), `${prefix}struct${param}.${member} = ${value};`]);
  }
  const copies = [...patches].flatMap(([param, lines]) => {
    args[param] = `${prefix}struct${param}`;
    return [`var ${prefix}struct${param} = ${prefix}${param};`, ...lines];
  });
  const moved = (fn.attributes ?? []).filter(isOfEntryPoint).map(textOf);
  const name = fn.name.ident.originalName;
  return `${moved.join(" ")}
fn ${entryName(prefix, name)}(${params.join(", ")}) {
${[...wholeOf.lets(), ...copies, `${name}(${args.join(", ")});`].map((line) => `  ${line}`).join("\n")}
}`;
}

export function isOfEntryPoint({ attribute }: AttributeElem): boolean {
  return attribute.kind === "@attribute" && ENTRY_ATTRIBUTES.has(attribute.name);
}

interface WholeValues {
  /** What a built-in value is in the whole dispatch; undefined for those that are the workgroup's own and stay. */
  value(builtin: string): string | undefined;
  /** Declarations of all that `value` used so far, in order. */
  lets(): string[];
}

/** `params` grows by the built-in values that are needed and that the owner's entry point does not take. */
function wholeValues(kernel: Kernel, fn: FnElem, inputs: readonly BuiltinInput[], params: string[], prefix: string): WholeValues {
  const declared = new Map<string, string>();
  const named = (name: string, value: () => string): string => {
    // What `value` uses is declared before it.
    if (!declared.has(name)) declared.set(name, value());
    return prefix + name;
  };
  /** The value in the slice. A built-in value may be taken only once. */
  const raw = (builtin: "workgroup_id" | "global_invocation_id"): string => {
    const input = inputs.find((candidate) => candidate.builtin === builtin);
    if (input) return prefix + input.param + (input.member === undefined ? "" : `.${input.member}`);
    params.push(`@builtin(${builtin}) ${prefix}${builtin}: vec3<u32>`);
    return prefix + builtin;
  };
  const first = () => named("first", () => `${prefix}box.first.xyz`);
  const size = () => named("size", () => `vec3<u32>(${sizesOf(kernel, fn)})`);
  const workgroups = () => named("workgroups", () => `${prefix}box.workgroups.xyz`);
  const workgroup = () => named("workgroup", () => `${raw("workgroup_id")} + ${first()}`);
  const invocation = () => named("invocation", () => `${raw("global_invocation_id")} + ${first()} * ${size()}`);
  const invocations = () => named("invocations", () => `${workgroups()} * ${size()}`);
  const linear = (at: string, across: string) => `${at}.x + ${across}.x * (${at}.y + ${across}.y * ${at}.z)`;
  const values: Record<string, () => string> = {
    global_invocation_id: invocation,
    workgroup_id: workgroup,
    num_workgroups: workgroups,
    workgroup_index: () => linear(workgroup(), workgroups()),
    global_invocation_index: () => linear(invocation(), invocations()),
  };
  return {
    value: (builtin) => (Object.hasOwn(values, builtin) ? values[builtin]?.() : undefined),
    lets: () => [...declared].map(([name, value]) => `let ${prefix}${name} = ${value};`),
  };
}

/** The three expressions of `@workgroup_size`, which name only what the module declares. */
function sizesOf(kernel: Kernel, fn: FnElem): string {
  for (const { attribute } of fn.attributes ?? []) {
    if (attribute.kind !== "@attribute" || attribute.name !== "workgroup_size") continue;
    const sizes = (attribute.params ?? []).map(({ expression }) => `u32(${kernel.text.slice(expression.start, expression.end)})`);
    return [sizes[0] ?? "1", sizes[1] ?? "1", sizes[2] ?? "1"].join(", ");
  }
  return "1, 1, 1";
}
