/** The built-in values that an entry point takes, as parameters or as members of struct parameters. */
import { type AttributeElem, type FnElem, refDecl, type StructElem, type TypeRefElem } from "wesl/core";
import { unaliased } from "../aliases.ts";
import type { Kernel } from "../read.ts";

export interface BuiltinInput {
  /** `global_invocation_id` … */
  builtin: string;
  /** Index of the parameter. */
  param: number;
  /** Its member, when the parameter is a struct. */
  member?: string;
}

export function builtinInputs(kernel: Kernel, fn: FnElem): BuiltinInput[] {
  return fn.params.flatMap((param, index): BuiltinInput[] => {
    const builtin = builtinOf(param.attributes);
    if (builtin !== undefined) return [{ builtin, param: index }];
    const struct = structOf(kernel, param.name.typeRef);
    return (struct?.members ?? []).flatMap((member): BuiltinInput[] => {
      const of = builtinOf(member.attributes);
      return of === undefined ? [] : [{ builtin: of, param: index, member: member.name.name }];
    });
  });
}

function builtinOf(attributes: readonly AttributeElem[] | undefined): string | undefined {
  for (const { attribute } of attributes ?? []) if (attribute.kind === "@builtin") return attribute.param.name;
  return undefined;
}

/** The struct that a type names, directly or through aliases, wherever these are declared. */
function structOf(kernel: Kernel, typeRef: TypeRefElem | undefined): StructElem | undefined {
  const decl = typeRef && refDecl(unaliased(kernel, typeRef).name, kernel.bindings)?.declElem;
  return decl?.kind === "struct" ? decl : undefined;
}
