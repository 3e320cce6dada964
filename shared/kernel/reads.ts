/** The variables of a kernel whose contents an entry point may read, and those that it may store into. */
import { type AbstractElem, type ExpressionElem, type FnElem, refDecl, visitAst } from "wesl/core";
import { calleeOf, pointeeOf } from "./calls.ts";
import type { Kernel } from "./read.ts";
import { reachability } from "./reflect.ts";

/** Builtins that store nothing where their first argument leads to. */
const STORES_NOTHING = /^(atomicLoad|arrayLength)$/;
/** Builtins whose first argument leads to memory that they do not read. */
const READS_NOTHING = /^(atomicStore|arrayLength)$/;

/** Their names, directly or through functions; all that is not plainly a store counts as a read. */
export function readsOf(kernel: Kernel, entryPoint: string): Set<string> {
  const read = new Set<string>();
  for (const fn of functionsOf(kernel, entryPoint)) {
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

/** Their names, directly or through functions; all that a pointer leads to counts as stored, but what is plainly only read by it. */
export function writesOf(kernel: Kernel, entryPoint: string): Set<string> {
  const written = new Set<string>();
  for (const fn of functionsOf(kernel, entryPoint)) {
    const only = new Set<AbstractElem>();
    visitAst(fn, (part) => {
      if (part.kind === "call-expression") {
        const callee = calleeOf(part);
        const [pointer] = part.arguments;
        if (pointer && !refDecl(callee, kernel.bindings) && STORES_NOTHING.test(callee.originalName)) only.add(pointer);
      }
      const root = only.has(part) ? undefined : storedIn(part);
      const decl = root?.kind === "ref" ? refDecl(root.ident, kernel.bindings)?.declElem : undefined;
      if (root?.kind === "ref" && decl?.kind === "gvar") written.add(root.ident.originalName);
    });
  }
  return written;
}

function storedIn(part: AbstractElem): ExpressionElem | undefined {
  if (part.kind === "assign") return part.lhs.kind === "phony" ? undefined : rootOf(part.lhs);
  if (part.kind === "increment" || part.kind === "decrement") return rootOf(part.target);
  return part.kind === "unary-expression" && part.operator.value === "&" ? rootOf(part.expression) : undefined;
}

/**
 * Whether these entry points may read a member of a uniform's struct: its name is asked for anywhere, or the struct goes on as a
 * whole where that is not followed.
 */
export function memberTest(kernel: Kernel, entryPoints: readonly string[], binding: string): (member: string) => boolean {
  const named = new Set<string>();
  let isWhole = false;
  for (const fn of new Set(entryPoints.flatMap((entryPoint) => functionsOf(kernel, entryPoint)))) {
    const followed = new Set<AbstractElem>();
    visitAst(fn, (part) => {
      if (part.kind === "component-member-expression") {
        named.add(part.access.name);
        followed.add(part.base);
      } else if (part.kind === "let" && part.init) followed.add(part.init);
      if (part.kind !== "ref" || followed.has(part)) return;
      const decl = refDecl(part.ident, kernel.bindings)?.declElem;
      if (decl?.kind === "gvar" && decl.name.decl.ident.originalName === binding) isWhole = true;
    });
  }
  return (member) => isWhole || named.has(member);
}

/** The entry point and all functions that it may come to. */
function functionsOf(kernel: Kernel, entryPoint: string): FnElem[] {
  const entry = kernel.ast.moduleElem.decls.find(
    (elem): elem is FnElem => elem.kind === "fn" && elem.name.ident.originalName === entryPoint,
  );
  if (!entry) return [];
  return [entry, ...[...reachability(kernel)(entry)].flatMap(({ declElem }) => (declElem?.kind === "fn" ? declElem : []))];
}

/** What a statement or call stores without a look at it; visited before the names in it. */
function targetOf(part: AbstractElem, kernel: Kernel): ExpressionElem | undefined {
  if (part.kind === "assign") return part.op.value === "=" && part.lhs.kind !== "phony" ? part.lhs : undefined;
  if (part.kind !== "call-expression") return undefined;
  const callee = calleeOf(part);
  const [pointer] = part.arguments;
  if (refDecl(callee, kernel.bindings) || !READS_NOTHING.test(callee.originalName)) return undefined;
  return pointer && pointeeOf(pointer);
}

function rootOf(expression: ExpressionElem): ExpressionElem {
  let at = expression;
  for (;;) {
    if (at.kind === "component-expression" || at.kind === "component-member-expression") at = at.base;
    else if (at.kind === "parenthesized-expression") at = at.expression;
    else return at;
  }
}
