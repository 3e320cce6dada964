/** Loops that say of themselves that they never end. WGSL takes them, and refuses the same as `loop` or without a condition. */
import { type ExpressionElem, type Statement, visitAst } from "wesl/core";
import type { Kernel } from "./read.ts";

/** UTF-16 offsets of `while (true)` and `for (…; true; …)` in the kernel's text that nothing in their body leaves. */
export function endlessLoops(kernel: Kernel): number[] {
  const found: number[] = [];
  visitAst(kernel.ast.moduleElem, (elem) => {
    if ((elem.kind === "for" || elem.kind === "while") && isTrue(elem.condition) && !isLeft(elem.body)) found.push(elem.start);
  });
  return found;
}

function isTrue(condition: ExpressionElem | undefined): boolean {
  if (condition?.kind === "parenthesized-expression") return isTrue(condition.expression);
  return condition?.kind === "literal" && condition.value === "true";
}

/** A break of an inner loop or switch counts too: better no word than a wrong one. */
function isLeft(body: Statement): boolean {
  let left = false;
  visitAst(body, ({ kind }) => {
    if (kind === "break" || kind === "return") left = true;
  });
  return left;
}
