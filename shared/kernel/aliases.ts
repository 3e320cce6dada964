/** Types by their other names. */
import { refDecl, type TypeRefElem } from "wesl/core";
import type { Kernel } from "./read.ts";

/** The type that `type` stands for, through as many aliases as there are. */
export function unaliased(kernel: Kernel, type: TypeRefElem): TypeRefElem {
  const seen = new Set<TypeRefElem>();
  let at = type;
  while (!seen.has(at)) {
    seen.add(at);
    const decl = refDecl(at.name, kernel.bindings)?.declElem;
    if (decl?.kind === "alias") at = decl.typeRef;
  }
  return at;
}
