/** Which array an expression is, and how long: one of a binding by the job's numbers, one of the kernel's own by its type. */
import { type AbstractElem, type ExpressionElem, typeOfExpr } from "wesl/core";
import { unaliased } from "../aliases.ts";
import type { Layout } from "../layout.ts";
import type { Facts } from "./facts.ts";
import type { Names } from "./names.ts";
import type { Place } from "./place.ts";
import { isConstant } from "./range.ts";
import type { Values } from "./values.ts";

/** A binding or a part of it. */
interface Memory {
  binding: string;
  layout: Layout;
  /** Members that lead there, `""` for the whole; undefined inside of elements. */
  path: string | undefined;
}

interface IndexedArray {
  binding: string | undefined;
  array: string;
  path: string | undefined;
  elements: number;
  fixed: boolean;
}

export class Memories {
  private readonly facts: Facts;
  private readonly names: Names;
  private readonly values: Values;
  /** What the pointers among a function's parameters lead to, while it is looked at. */
  private pointees: ReadonlyMap<AbstractElem, Memory | undefined> = new Map();

  constructor(facts: Facts, names: Names, values: Values) {
    this.facts = facts;
    this.names = names;
    this.values = values;
  }

  /** Runs `body` where a function's parameters lead to `pointees`. */
  within(pointees: ReadonlyMap<AbstractElem, Memory | undefined>, body: () => void): void {
    const before = this.pointees;
    this.pointees = pointees;
    body();
    this.pointees = before;
  }

  /** The array that `base` is or points to; undefined where it is none, and of a binding whose length the job does not say. */
  arrayOf(base: ExpressionElem, place: Place): IndexedArray | undefined {
    const memory = this.of(base);
    if (!memory) return this.ownArray(base, place);
    const { binding, layout, path } = memory;
    if (layout.kind !== "array") return undefined;
    const elements = layout.count ?? this.facts.elements(binding);
    return elements === undefined ? undefined : { binding, array: binding, path, elements, fixed: layout.count !== null };
  }

  /** The memory of a binding that an expression is, or points to. */
  of(expression: ExpressionElem): Memory | undefined {
    switch (expression.kind) {
      case "parenthesized-expression":
        return this.of(expression.expression);
      case "unary-expression":
        return /^[&*]$/.test(expression.operator.value) ? this.of(expression.expression) : undefined;
      case "ref": {
        const decl = this.names.declOf(expression);
        if (decl?.kind === "gvar") {
          const binding = decl.name.decl.ident.originalName;
          const layout = this.facts.layout(binding);
          return layout && { binding, layout, path: "" };
        }
        if (decl?.kind === "param") return this.pointees.get(decl);
        // A pointer; a copy of a value is none, and its indices are its own.
        return decl?.kind === "let" ? this.pointeeOf(decl.init) : undefined;
      }
      case "component-member-expression": {
        const base = this.of(expression.base);
        if (base?.layout.kind !== "struct") return undefined;
        const { name } = expression.access;
        const member = base.layout.members.find((each) => each.name === name);
        const path = base.path === undefined ? undefined : `${base.path}.${name}`;
        return member && { binding: base.binding, layout: member.layout, path };
      }
      case "component-expression": {
        const base = this.of(expression.base);
        return base?.layout.kind === "array" ? { binding: base.binding, layout: base.layout.element, path: undefined } : undefined;
      }
      default:
        return undefined;
    }
  }

  private pointeeOf(expression: ExpressionElem | undefined): Memory | undefined {
    if (expression?.kind === "parenthesized-expression") return this.pointeeOf(expression.expression);
    if (expression?.kind === "unary-expression") return this.of(expression);
    if (expression?.kind !== "ref") return undefined;
    return this.names.declOf(expression)?.kind === "gvar" ? undefined : this.of(expression);
  }

  private ownArray(base: ExpressionElem, place: Place): IndexedArray | undefined {
    const { text, bindings } = this.facts.kernel;
    const found = typeOfExpr(base, { bindings });
    const type = found.kind === "ptr" ? found.elem : found;
    if (type.kind !== "array") return undefined;
    const elements = type.count ?? this.overridden(base, place) ?? Number.POSITIVE_INFINITY;
    return { binding: undefined, array: text.slice(base.start, base.end), path: undefined, elements, fixed: true };
  }

  /** The length of a workgroup's array that overrides decide. */
  private overridden(base: ExpressionElem, place: Place): number | undefined {
    let at = base;
    while (at.kind === "parenthesized-expression" || at.kind === "unary-expression") at = at.expression;
    const decl = this.names.declOf(at);
    if (decl?.kind === "let" && decl.init) return this.overridden(decl.init, place);
    const type = decl?.kind === "gvar" ? decl.name.typeRef : undefined;
    const length = type && unaliased(this.facts.kernel, type).templateParams?.[1];
    const range = length && this.values.rangeOf(length, place);
    return range && isConstant(range) ? range.max : undefined;
  }
}
