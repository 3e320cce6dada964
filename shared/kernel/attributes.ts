/** Attributes of a declaration and the numbers in them. */
import { type AttributeElem, type ExpressionElem, evalConstExpr, scalarToNumber } from "wesl/core";
import type { Kernel } from "./read.ts";

export function hasAttribute(attributes: readonly AttributeElem[] | undefined, name: string): boolean {
  return (attributes ?? []).some((elem) => elem.attribute.kind === "@attribute" && elem.attribute.name === name);
}

export function attributeParams(attributes: readonly AttributeElem[] | undefined, name: string): ExpressionElem[] | undefined {
  for (const elem of attributes ?? []) {
    if (elem.attribute.kind === "@attribute" && elem.attribute.name === name) {
      return (elem.attribute.params ?? []).map((param) => param.expression);
    }
  }
  return undefined;
}

export function evaluate(kernel: Kernel, expression: ExpressionElem): number | undefined {
  const value = evalConstExpr(expression, { bindings: kernel.bindings });
  return value ? scalarToNumber(value) : undefined;
}
