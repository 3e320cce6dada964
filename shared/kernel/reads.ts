/** The variables of a kernel whose contents an entry point may read. */
import { type AbstractElem, type ExpressionElem, type FnElem, refDecl, visitAst } from "wesl/core";
import type { Kernel } from "./read.ts";
import { reachability } from "./reflect.ts";

/** Builtins whose first argument leads to memory that they do not read. */
const READS_NOTHING = /^(atomicStore|arrayLength)$/;

/** Their names, directly or through functions; all that is not plainly a store counts as a read. */
export function readsOf(kernel: Kernel, entryPoint: string): Set<string> {
  const entry = kernel.ast.moduleElem.decls.find(
    (elem): elem is FnElem => elem.kind === "fn" && elem.name.ident.originalName === entryPoint,
  );
  const read = new Set<string>();
  if (!entry) return read;
  const functions = [...reachability(kernel)(entry)].flatMap(({ declElem }) => (declElem?.kind === "fn" ? declElem : []));
  for (const fn of [entry, ...functions]) {
    const only = new Set<AbstractElem>();
    visitAst(fn, (part) => {
      const target = targetOf(part, kernel);
      if (target) only.add(rootOf(target));
      if (part.kind !== "ref" || only.has(part)) return;
      const decl = refDecl(part.ident, kernel.bindings)?.declElem;
      if (decl?.kind === "gvar") read.add(part.ident.originalName);
    });
  }
  return read;
}

/** What a statement or call stores without a look at it; visited before the names in it. */
function targetOf(part: AbstractElem, kernel: Kernel): ExpressionElem | undefined {
  if (part.kind === "assign") return part.op.value === "=" && part.lhs.kind !== "phony" ? part.lhs : undefined;
  if (part.kind !== "call-expression") return undefined;
  const callee = part.function.kind === "ref" ? part.function.ident : part.function.name;
  const [pointer] = part.arguments;
  if (refDecl(callee, kernel.bindings) || !READS_NOTHING.test(callee.originalName)) return undefined;
  return pointer?.kind === "unary-expression" && pointer.operator.value === "&" ? pointer.expression : undefined;
}

function rootOf(expression: ExpressionElem): ExpressionElem {
  let at = expression;
  for (;;) {
    if (at.kind === "component-expression" || at.kind === "component-member-expression") at = at.base;
    else if (at.kind === "parenthesized-expression") at = at.expression;
    else return at;
  }
}
