/** What the reader's tree says of operators without parentheses, against WGSL's table of precedence. */

import { expect, it } from "vitest";
import { type AbstractElem, visitAst } from "wesl/core";
import { readText } from "../../../shared/kernel/read.ts";

const GROUPED = [
  ["a == b * c + d", "(a == ((b * c) + d))"],
  ["b * c + d < a", "(((b * c) + d) < a)"],
  ["a < b && c + d < e", "((a < b) && ((c + d) < e))"],
  ["a < b && c * d + e * f < g && h", "(((a < b) && (((c * d) + (e * f)) < g)) && h)"],
  ["a < b || c - 1 - d >= e % f - g", "((a < b) || (((c - 1) - d) >= ((e % f) - g)))"],
  ["a - b - c + d * e / f", "(((a - b) - c) + ((d * e) / f))"],
  ["a < (b && c) + d", "(a < ((b && c) + d))"],
  ["a[b == c * d + e] + f", "(a[(b == ((c * d) + e))] + f)"],
  ["f(a < b * c + d, e) && g", "(f((a < ((b * c) + d)), e) && g)"],
  ["-a * b + c != d", "(((-a * b) + c) != d)"],
  ["a | b | c", "((a | b) | c)"],
] as const;

it.each(GROUPED)("%s", (text, grouped) => {
  const source = `fn main() { let it = ${text}; }`;
  const kernel = readText(source);
  const shown: string[] = [];
  if (kernel) {
    visitAst(kernel.ast.moduleElem, (elem) => {
      if (elem.kind !== "let" || !elem.init) return;
      shown.push(show(elem.init));
      expect(source.slice(elem.init.start, elem.init.end)).toBe(text);
    });
  }
  expect(shown).toEqual([grouped]);
});

function show(elem: AbstractElem): string {
  switch (elem.kind) {
    case "binary-expression":
      return `(${show(elem.left)} ${elem.operator.value} ${show(elem.right)})`;
    case "unary-expression":
      return `${elem.operator.value}${show(elem.expression)}`;
    case "parenthesized-expression":
      return show(elem.expression);
    case "component-expression":
      return `${show(elem.base)}[${show(elem.access)}]`;
    case "call-expression":
      return `${show(elem.function)}(${elem.arguments.map(show).join(", ")})`;
    case "literal":
      return elem.value;
    case "ref":
      return elem.ident.originalName;
    default:
      return elem.kind;
  }
}
