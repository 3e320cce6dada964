/** What a kernel declares and what each of its entry points uses: bindings, overrides, workgroups, features. */
import {
  type AbstractElem,
  type DeclIdent,
  type ExpressionElem,
  type FnElem,
  type GlobalVarElem,
  type OverrideElem,
  refDecl,
  type TypeRefElem,
  typeOfDecl,
  visitAst,
} from "wesl/core";
import type { Fault } from "../errors.ts";
import { attributeParams, evaluate, hasAttribute } from "./attributes.ts";
import { type Hidden, hiddenIn } from "./hidden.ts";
import { type Layout, LayoutError, Layouts } from "./layout.ts";
import type { Kernel } from "./read.ts";

type BufferKind = "uniform" | "storage" | "read-only-storage";

export interface ReflectedBinding {
  name: string;
  group: number;
  binding: number;
  kind: BufferKind;
  layout: Layout;
  /** UTF-16 offset of its declaration in the kernel's text. */
  offset: number;
}

interface EntryPoint {
  name: string;
  offset: number;
  /** Names of the bindings it touches, directly or through functions. */
  uses: Set<string>;
  /** Names of the overrides it touches. */
  overrides: Set<string>;
}

interface Override {
  name: string;
  id?: number;
  type: "bool" | "i32" | "u32" | "f32" | "f16" | "unknown";
  hasDefault: boolean;
  offset: number;
}

export interface Reflection {
  entryPoints: Map<string, EntryPoint>;
  /** Entry points that are not compute shaders. */
  otherStages: Map<string, string>;
  overrides: Override[];
  /** Extensions the kernel enables: `f16`, `subgroups` … */
  enables: { name: string; offset: number }[];
  /** The bindings that these entry points use, and `more`, with the faults of those that cannot be bound; `isDoubled`: two have one place. */
  bindingsOf(
    entryPoints: readonly string[],
    more?: readonly string[],
  ): {
    bindings: ReflectedBinding[];
    unbindable: Set<string>;
    isDoubled: boolean;
    faults: Fault[];
  };
  /** Names of every resource variable, used or not. */
  resources: string[];
  /** Variables that would have to be resources and have neither `@group` nor `@binding`: Tint refuses them. */
  unbound: string[];
  /** Where the syntax is broken: words of what could not be read. */
  hidden: Hidden;
  /** Their groups and bindings, where these can be evaluated. */
  slots: { group: number; binding: number }[];
}

/** Reflects on `kernel`; what its syntax faults, at the UTF-16 offsets `broken`, hide is missing. */
export function reflect(kernel: Kernel, broken: readonly number[] = []): Reflection {
  const layouts = new Layouts(kernel);
  const decls = kernel.ast.moduleElem.decls;
  const functions = decls.filter((elem): elem is FnElem => elem.kind === "fn");
  const variables = decls.filter((elem): elem is GlobalVarElem => elem.kind === "gvar");
  const resources = variables.filter((elem) => hasAttribute(elem.attributes, "binding") || hasAttribute(elem.attributes, "group"));
  const reached = reachability(kernel);

  const entryPoints = new Map<string, EntryPoint>();
  const otherStages = new Map<string, string>();
  for (const fn of functions) {
    const name = fn.name.ident.originalName;
    const stage = ["vertex", "fragment"].find((candidate) => hasAttribute(fn.attributes, candidate));
    if (stage) otherStages.set(name, stage);
    if (!hasAttribute(fn.attributes, "compute")) continue;
    const uses = new Set<string>();
    const overrides = new Set<string>();
    for (const decl of reached(fn)) {
      if (decl.declElem?.kind === "gvar" && resources.includes(decl.declElem)) uses.add(decl.originalName);
      if (decl.declElem?.kind === "override") overrides.add(decl.originalName);
    }
    entryPoints.set(name, { name, offset: fn.name.start, uses, overrides });
  }

  const hidden = hiddenIn(kernel, broken);
  const bindingsOf = (names: readonly string[], more: readonly string[] = []) => {
    const used = new Set<string>(more);
    for (const name of names) for (const use of entryPoints.get(name)?.uses ?? []) used.add(use);
    const bindings: ReflectedBinding[] = [];
    const unbindable = new Set<string>();
    const faults: Fault[] = [];
    let isDoubled = false;
    const slots = new Map<string, string>();
    for (const variable of resources) {
      const name = variable.name.decl.ident.originalName;
      if (!used.has(name)) continue;
      const isBroken = hidden.breaks(variable) || [...reached(variable)].some(({ declElem }) => declElem && hidden.breaks(declElem));
      if (isBroken) {
        unbindable.add(name);
        continue;
      }
      const found = reflectBinding(kernel, layouts, variable);
      if ("wrong" in found) {
        unbindable.add(name);
        const { isUnread, ...fault } = found;
        // What its type is made of may stand where the syntax is broken.
        if (!isUnread || hidden.isEmpty) faults.push(fault);
        continue;
      }
      const slot = `${found.group}.${found.binding}`;
      const taken = slots.get(slot);
      if (taken) {
        faults.push({
          ...kernel.placeOf(found.offset),
          wrong: `${name} has the same group and binding as ${taken}, and the passes use both.`,
          right: "Give each binding a number of its own.",
        });
        unbindable.add(name);
        isDoubled = true;
        continue;
      }
      slots.set(slot, name);
      bindings.push(found);
    }
    return { bindings, unbindable, isDoubled, faults };
  };

  return {
    entryPoints,
    otherStages,
    overrides: decls.filter((elem): elem is OverrideElem => elem.kind === "override").map((elem) => reflectOverride(kernel, elem)),
    enables: decls.flatMap((elem) =>
      elem.kind === "directive" && elem.directive.kind === "enable"
        ? elem.directive.extensions.map((extension) => ({ name: extension.name, offset: extension.start }))
        : [],
    ),
    bindingsOf,
    resources: resources.map((elem) => elem.name.decl.ident.originalName),
    unbound: variables
      .filter((elem) => !resources.includes(elem) && !/^(private|workgroup)$/.test(elem.template?.[0]?.name ?? ""))
      .map((elem) => elem.name.decl.ident.originalName),
    hidden,
    slots: resources.flatMap((elem) => slotOf(kernel, elem) ?? []),
  };
}

function slotOf(kernel: Kernel, elem: GlobalVarElem): { group: number; binding: number } | undefined {
  const number = (attribute: string): number | undefined => {
    const param = attributeParams(elem.attributes, attribute)?.[0];
    return param && evaluate(kernel, param);
  };
  const group = number("group");
  const binding = number("binding");
  return group === undefined || binding === undefined ? undefined : { group, binding };
}

/** Workgroup size of an entry point and bytes of workgroup memory it uses. Overrides must have become constants (`constants.ts`). */
export function reflectWorkgroup(kernel: Kernel, entryPoint: string): { size?: [number, number, number]; memoryBytes?: number } {
  const fn = kernel.ast.moduleElem.decls.find((elem): elem is FnElem => elem.kind === "fn" && elem.name.ident.originalName === entryPoint);
  if (!fn) return {};
  const params = attributeParams(fn.attributes, "workgroup_size");
  const sizes = (params ?? []).map((param) => evaluate(kernel, param));
  const size = params && sizes.every((value) => value !== undefined) ? ([sizes[0] ?? 1, sizes[1] ?? 1, sizes[2] ?? 1] as const) : undefined;
  const layouts = new Layouts(kernel);
  let memoryBytes: number | undefined = 0;
  for (const decl of reachability(kernel)(fn)) {
    const elem = decl.declElem;
    if (elem?.kind !== "gvar" || elem.template?.[0]?.name !== "workgroup") continue;
    try {
      const bytes: number = layouts.of(typeOfDecl(decl, { bindings: kernel.bindings })).size;
      memoryBytes = memoryBytes === undefined ? undefined : memoryBytes + Math.ceil(bytes / 16) * 16;
    } catch (error) {
      if (!(error instanceof LayoutError)) throw error;
      memoryBytes = undefined;
    }
  }
  return { ...(size ? { size: [...size] } : {}), ...(memoryBytes === undefined ? {} : { memoryBytes }) };
}

/** The `@id` of an override, if it has one. */
export function overrideId(kernel: Kernel, elem: OverrideElem): number | undefined {
  const param = attributeParams(elem.attributes, "id")?.[0];
  return param && evaluate(kernel, param);
}

function reflectOverride(kernel: Kernel, elem: OverrideElem): Override {
  const id = overrideId(kernel, elem);
  const type = typeOfDecl(elem.name.decl.ident, { bindings: kernel.bindings });
  const scalar = type.kind === "scalar" ? type.scalar : "unknown";
  return {
    name: elem.name.decl.ident.originalName,
    ...(id === undefined ? {} : { id }),
    type: scalar === "abstract-int" || scalar === "abstract-float" ? "unknown" : scalar,
    hasDefault: elem.init !== undefined,
    offset: elem.name.decl.start,
  };
}

/** A fault of a binding; `isUnread`: something that it is made of could not be read. */
type BindingFault = Fault & { isUnread?: true };

function reflectBinding(kernel: Kernel, layouts: Layouts, elem: GlobalVarElem): ReflectedBinding | BindingFault {
  const decl = elem.name.decl;
  const name = decl.ident.originalName;
  const place = kernel.placeOf(decl.start);
  const slot = slotOf(kernel, elem);
  if (!slot) {
    const wrong = `The @group or @binding of ${name} cannot be evaluated.`;
    return { ...place, wrong, right: "Give it both, as numbers.", isUnread: true };
  }
  const unread = unreadLength(kernel, elem.name.typeRef);
  if (unread) {
    return {
      ...kernel.placeOf(unread.start),
      wrong: `The array length in the type of ${name} cannot be evaluated.`,
      right: "Write the length as a number, or as a const expression of numbers.",
      isUnread: true,
    };
  }
  const type = typeOfDecl(decl.ident, { bindings: kernel.bindings });
  let layout: Layout;
  try {
    layout = layouts.of(type);
  } catch (error) {
    if (!(error instanceof LayoutError)) throw error;
    const wrong = `${name} cannot be bound: ${lowerFirst(error.message)}`;
    return { ...place, wrong, right: error.right, ...(error.isUnread ? { isUnread: true } : {}) };
  }
  const space = elem.template?.[0]?.name;
  const access = elem.template?.[1]?.name;
  if (space === "uniform") return { name, ...slot, kind: "uniform", layout, offset: decl.start };
  if (space === "storage") {
    return { name, ...slot, kind: access?.includes("write") ? "storage" : "read-only-storage", layout, offset: decl.start };
  }
  return {
    ...place,
    wrong: `${name} is in the address space ${space ?? "(none)"}.`,
    right: `Declare it var<uniform> or var<storage, read_write>.`,
  };
}

/** The length expression of an array type, anywhere inside `typeRef`, that is there but has no value. It would pass for runtime-sized. */
function unreadLength(kernel: Kernel, typeRef: TypeRefElem | undefined): ExpressionElem | undefined {
  const seen = new Set<AbstractElem>();
  const stack: AbstractElem[] = typeRef ? [typeRef] : [];
  for (let elem = stack.pop(); elem; elem = stack.pop()) {
    if (seen.has(elem)) continue;
    seen.add(elem);
    if (elem.kind === "ref") {
      const target = refDecl(elem.ident, kernel.bindings)?.declElem;
      if (target?.kind === "alias") stack.push(target.typeRef);
      if (target?.kind === "struct") stack.push(...target.members.map((member) => member.typeRef));
    }
    if (elem.kind !== "type") continue;
    const target = refDecl(elem.name, kernel.bindings)?.declElem;
    if (target?.kind === "alias") stack.push(target.typeRef);
    if (target?.kind === "struct") stack.push(...target.members.map((member) => member.typeRef));
    const params = elem.templateParams ?? [];
    if (!target && elem.name.originalName === "array" && params[1]) {
      const length = evaluate(kernel, params[1]);
      if (length === undefined || length < 1) return params[1];
    }
    if (params[0]) stack.push(params[0]);
  }
  return undefined;
}

/** For a function or another declaration: every global declaration it reaches, through calls, constants, types and its own attributes. */
export function reachability(kernel: Kernel): (elem: AbstractElem) => Set<DeclIdent> {
  const direct = new Map<AbstractElem, Set<DeclIdent>>();
  const refsOf = (elem: AbstractElem): Set<DeclIdent> => {
    let refs = direct.get(elem);
    if (refs) return refs;
    const found = new Set<DeclIdent>();
    refs = found;
    direct.set(elem, refs);
    visitAst(elem, (part) => {
      if (part.kind === "attribute" && part.attribute.kind === "@attribute") {
        for (const param of part.attribute.params ?? []) for (const decl of refsOf(param)) found.add(decl);
      }
      if (part.kind !== "ref") return;
      const decl = refDecl(part.ident, kernel.bindings);
      if (decl?.isGlobal) found.add(decl);
    });
    return refs;
  };
  return (elem) => {
    const reached = new Set<DeclIdent>();
    const stack = [...refsOf(elem)];
    for (let decl = stack.pop(); decl; decl = stack.pop()) {
      if (reached.has(decl)) continue;
      reached.add(decl);
      if (decl.declElem) stack.push(...refsOf(decl.declElem));
    }
    return reached;
  };
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
