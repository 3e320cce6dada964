/** Stores that every invocation of an entry point makes, at its own global invocation id. */
import { type ExpressionElem, type FnElem, type FnParamElem, refDecl, type Statement, visitAst } from "wesl/core";
import type { Kernel } from "./read.ts";

export interface DirectStore {
  /** The index as it is written. */
  index: string;
  /** 0, 1, 2: the invocation's x, y or z is the index. */
  axis: number;
  /** UTF-16 offset in the kernel's text. */
  offset: number;
}

/**
 * The stores `binding[id.x]` that no invocation of `entryPoint` leaves out: on the function's own level, with nothing before
 * that could return, the index a component of `global_invocation_id` itself or a `let` of it.
 */
export function directStores(kernel: Kernel, entryPoint: string, binding: string): DirectStore[] {
  const { bindings } = kernel;
  const entry = kernel.ast.moduleElem.decls.find(
    (elem): elem is FnElem => elem.kind === "fn" && elem.name.ident.originalName === entryPoint,
  );
  const found: DirectStore[] = [];

  const axisOf = (expression: ExpressionElem): number => {
    if (expression.kind === "parenthesized-expression") return axisOf(expression.expression);
    if (expression.kind === "ref") {
      const decl = refDecl(expression.ident, bindings)?.declElem;
      return decl?.kind === "let" && decl.init ? axisOf(decl.init) : -1;
    }
    if (expression.kind !== "component-member-expression" || expression.base.kind !== "ref") return -1;
    const decl = refDecl(expression.base.ident, bindings)?.declElem;
    return decl?.kind === "param" && isGlobalId(decl) ? "xyz".indexOf(expression.access.name) : -1;
  };

  const look = (target: ExpressionElem): void => {
    let at = target;
    while (at.kind === "component-member-expression" || (at.kind === "component-expression" && at.base.kind !== "ref")) at = at.base;
    if (at.kind !== "component-expression" || at.base.kind !== "ref" || at.base.ident.originalName !== binding) return;
    if (refDecl(at.base.ident, bindings)?.declElem?.kind !== "gvar") return;
    const axis = axisOf(at.access);
    if (axis >= 0) found.push({ index: kernel.text.slice(at.access.start, at.access.end), axis, offset: at.start });
  };

  for (const statement of entry?.body.body ?? []) {
    if (mayReturn(statement)) break;
    if (statement.kind === "assign" && statement.lhs.kind !== "phony") look(statement.lhs);
    else if (statement.kind === "increment" || statement.kind === "decrement") look(statement.target);
  }
  return found;
}

function isGlobalId(param: FnParamElem): boolean {
  return (param.attributes ?? []).some(({ attribute }) => attribute.kind === "@builtin" && attribute.param.name === "global_invocation_id");
}

function mayReturn(statement: Statement): boolean {
  let returns = false;
  visitAst(statement, (part) => {
    if (part.kind === "return") returns = true;
  });
  return returns;
}
