/** How large a kernel becomes when each call is replaced by what it calls, as GPU compilers do: functions that call one another twice double it each time. */
import { type FnElem, visitAst } from "wesl/core";
import { functionOf } from "./calls.ts";
import type { Kernel } from "./read.ts";

/** A function and the calls that are made in it, and in all that it calls, written out. */
export interface Inlined {
  fn: FnElem;
  calls: number;
}

/**
 * Of what these entry points reach, the first function of which more than `most` calls remain to be compiled, while of none that
 * it calls itself there do; undefined when there is none.
 */
export function tooManyInlined(kernel: Kernel, entryPoints: readonly string[], most: number): Inlined | undefined {
  const known = new Map<FnElem, number>();
  let found: Inlined | undefined;
  const count = (fn: FnElem): number => {
    const before = known.get(fn);
    if (before !== undefined) return before;
    // A function that calls itself is no WGSL, which Tint says.
    known.set(fn, 0);
    let calls = 0;
    for (const callee of calleesOf(kernel, fn)) calls += 1 + count(callee);
    known.set(fn, calls);
    if (calls > most) found ??= { fn, calls };
    return calls;
  };
  for (const elem of kernel.ast.moduleElem.decls) if (elem.kind === "fn" && entryPoints.includes(elem.name.ident.originalName)) count(elem);
  return found;
}

/** The kernel's own functions that `fn` calls, one for each call. */
function calleesOf(kernel: Kernel, fn: FnElem): FnElem[] {
  const callees: FnElem[] = [];
  visitAst(fn, (elem) => {
    if (elem.kind !== "call-expression") return;
    const declared = functionOf(kernel, elem);
    if (declared) callees.push(declared);
  });
  return callees;
}
