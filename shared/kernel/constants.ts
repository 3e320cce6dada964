/** A kernel with its pipeline constants filled in, so that workgroup sizes and array lengths that use them can be evaluated. */
import type { ConstElem, OverrideElem } from "wesl/core";
import { evaluate } from "./attributes.ts";
import { type Kernel, readText } from "./read.ts";
import { overrideId } from "./reflect.ts";

/**
 * The same kernel with each `override` made a `const` of its value in `values` (by name or `@id`) or of its default.
 * Undefined when one has neither.
 */
export function withConstants(kernel: Kernel, values: Readonly<Record<string, number>>): Kernel | undefined {
  const overrides = kernel.ast.moduleElem.decls.filter((elem): elem is OverrideElem => elem.kind === "override");
  if (overrides.length === 0) return kernel;
  let text = "";
  let at = 0;
  for (const elem of overrides) {
    const declaration = constant(kernel, elem, values);
    if (declaration === undefined) return undefined;
    text += `${kernel.text.slice(at, elem.start)}${declaration};`;
    at = elem.end;
    if (kernel.text[at] === ";") at++;
  }
  return readText(text + kernel.text.slice(at));
}

/** What an override has become in a kernel that `withConstants` made; undefined where it is no number. */
export function overrideValue(constants: Kernel | undefined, name: string): number | undefined {
  const decl = constants?.ast.moduleElem.decls.find(
    (elem): elem is ConstElem => elem.kind === "const" && elem.name.decl.ident.originalName === name,
  );
  return constants && decl?.init && evaluate(constants, decl.init);
}

function constant(kernel: Kernel, elem: OverrideElem, values: Readonly<Record<string, number>>): string | undefined {
  const name = elem.name.decl.ident.originalName;
  const id = overrideId(kernel, elem);
  const value = values[id === undefined ? name : String(id)];
  const typeRef = elem.name.typeRef;
  const type = typeRef && kernel.text.slice(typeRef.start, typeRef.end);
  const head = `const ${name}${type ? `: ${type}` : ""} = `;
  if (value === undefined) return elem.init && head + kernel.text.slice(elem.init.start, elem.init.end);
  if (type === "bool") return head + String(value !== 0);
  const digits = String(value);
  const float = type?.startsWith("f") && !/[.e]/.test(digits);
  return head + (float ? `${digits}.0` : digits);
}
