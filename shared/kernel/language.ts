/** Which of WGSL's language features a kernel needs: those it names in `requires` directives and those it uses without a word. */
import { type AbstractElem, type ExpressionElem, type GlobalVarElem, refDecl, typeOfDecl, typeOfExpr, visitAst } from "wesl/core";
import { unaliased } from "./aliases.ts";
import { LayoutError, Layouts } from "./layout.ts";
import type { Kernel } from "./read.ts";
import { needsStandardLayout } from "./uniform.ts";

export interface LanguageNeed {
  name: string;
  /** UTF-16 offset in the kernel's text. */
  offset: number;
}

const PACKED = new Set("dot4U8Packed dot4I8Packed pack4xI8 pack4xU8 pack4xI8Clamp pack4xU8Clamp unpack4xI8 unpack4xU8".split(" "));
const BUILTINS: Readonly<Record<string, string>> = {
  subgroup_id: "subgroup_id",
  num_subgroups: "subgroup_id",
  global_invocation_index: "linear_indexing",
  workgroup_index: "linear_indexing",
};
/** Address spaces that a function's pointer may lead into in every browser. */
const PLAIN_POINTERS = new Set(["function", "private"]);

/** Each feature once, where it is needed first. */
export function languageNeeds(kernel: Kernel): LanguageNeed[] {
  const found = new Map<string, number>();
  const need = (name: string, offset: number) => found.set(name, Math.min(offset, found.get(name) ?? offset));
  const layouts = new Layouts(kernel);
  for (const elem of kernel.ast.moduleElem.decls) {
    // Browsers without the feature refuse the declaration, whether an entry point uses it or not.
    if (elem.kind === "gvar" && isLooseUniform(kernel, layouts, elem)) need("uniform_buffer_standard_layout", elem.name.decl.start);
    if (elem.kind === "directive" && elem.directive.kind === "requires") {
      for (const { name, start } of elem.directive.extensions) need(name, start);
    }
    visitAst(elem, (part) => {
      const name = needOf(kernel, part);
      if (name !== undefined && "start" in part) need(name, part.start);
    });
  }
  return [...found].map(([name, offset]) => ({ name, offset })).sort((a, b) => a.offset - b.offset);
}

function needOf(kernel: Kernel, part: AbstractElem): string | undefined {
  switch (part.kind) {
    case "attribute":
      return part.attribute.kind === "@builtin" ? BUILTINS[part.attribute.param.name] : undefined;
    case "call-expression": {
      if (part.function.kind !== "ref") return undefined;
      const { ident } = part.function;
      const decl = refDecl(ident, kernel.bindings);
      if (!decl) return PACKED.has(ident.originalName) ? "packed_4x8_integer_dot_product" : undefined;
      return part.arguments.some((argument) => isPartOfWhole(kernel, argument)) ? "unrestricted_pointer_parameters" : undefined;
    }
    case "param": {
      const type = part.name.typeRef && unaliased(kernel, part.name.typeRef);
      const space = type?.name.originalName === "ptr" ? type.templateParams?.[0] : undefined;
      if (!space) return undefined;
      return PLAIN_POINTERS.has(kernel.text.slice(space.start, space.end).trim()) ? undefined : "unrestricted_pointer_parameters";
    }
    case "component-expression":
    case "component-member-expression":
      return typeOfExpr(part.base, { bindings: kernel.bindings }).kind === "ptr" ? "pointer_composite_access" : undefined;
    case "assign":
      return isSwizzle(kernel, part.lhs) ? "swizzle_assignment" : undefined;
    default:
      return undefined;
  }
}

function isLooseUniform(kernel: Kernel, layouts: Layouts, elem: GlobalVarElem): boolean {
  if (elem.template?.[0]?.name !== "uniform") return false;
  try {
    return needsStandardLayout(layouts.of(typeOfDecl(elem.name.decl.ident, { bindings: kernel.bindings })));
  } catch (error) {
    if (error instanceof LayoutError) return false; // told where it is bound, or by Tint
    throw error;
  }
}

/** `&x.member` or `&x[1]`, or what holds one: a pointer to a part of a variable. */
function isPartOfWhole(kernel: Kernel, argument: ExpressionElem): boolean {
  let at = argument;
  for (;;) {
    if (at.kind === "parenthesized-expression") at = at.expression;
    else if (at.kind === "ref") {
      const decl = refDecl(at.ident, kernel.bindings)?.declElem;
      if (decl?.kind !== "let" || !decl.init) return false;
      at = decl.init;
    } else break;
  }
  if (at.kind !== "unary-expression" || at.operator.value !== "&") return false;
  at = at.expression;
  while (at.kind === "parenthesized-expression") at = at.expression;
  return at.kind === "component-expression" || at.kind === "component-member-expression";
}

function isSwizzle(kernel: Kernel, lhs: ExpressionElem | { kind: "phony" }): boolean {
  if (lhs.kind === "parenthesized-expression") return isSwizzle(kernel, lhs.expression);
  if (lhs.kind !== "component-member-expression" || lhs.access.name.length < 2) return false;
  const type = typeOfExpr(lhs.base, { bindings: kernel.bindings });
  return (type.kind === "ptr" ? type.elem : type).kind === "vector";
}
