/** What a call names, and what it is given by a pointer. */
import { type ExpressionElem, type FnElem, type FunctionCallExpression, type RefIdent, refDecl } from "wesl/core";
import type { Kernel } from "./read.ts";

export function calleeOf({ function: named }: FunctionCallExpression): RefIdent {
  return named.kind === "ref" ? named.ident : named.name;
}

/** Undefined: a function of WGSL's own, or a type. */
export function functionOf(kernel: Kernel, call: FunctionCallExpression): FnElem | undefined {
  const decl = refDecl(calleeOf(call), kernel.bindings)?.declElem;
  return decl?.kind === "fn" ? decl : undefined;
}

/** What `&x` points to. */
export function pointeeOf(expression: ExpressionElem): ExpressionElem | undefined {
  if (expression.kind === "parenthesized-expression") return pointeeOf(expression.expression);
  return expression.kind === "unary-expression" && expression.operator.value === "&" ? expression.expression : undefined;
}
