/** Ranges of integer expressions at one place of a function, from the facts and from the conditions that lead there. */
import { type AbstractElem, type BinaryExpression, type ExpressionElem, type FnElem, type FnParamElem, refDecl } from "wesl/core";
import { evaluate } from "../attributes.ts";
import { calleeOf, pointeeOf } from "../calls.ts";
import { partOfBuiltin, resultOfBuiltin } from "./builtins.ts";
import { dispatched, type Facts } from "./facts.ts";
import { builtinOf } from "./inputs.ts";
import { builtinInput, isPassing, type Names, partOf } from "./names.ts";
import { type Place, startOf, without } from "./place.ts";
import { ALL_AXES, chosen, exactly, I32_MAX, isConstant, operate, type Range, U32_MAX } from "./range.ts";

/** A judgement has two seconds; what is not looked at by then is said to be unchecked. */
const MAX_STEPS = 20_000;

/** Thrown when a kernel is too long to be followed. */
export class TooLong extends Error {}

export class Values {
  private readonly facts: Facts;
  private readonly names: Names;
  private steps = 0;
  /** The keys whose bounds were looked at. */
  private met = new Set<string>();

  constructor(facts: Facts, names: Names) {
    this.facts = facts;
    this.names = names;
  }

  /** What `look` makes of ranges, and the keys whose bounds they take account of. */
  traced<T>(look: () => T): { found: T; met: ReadonlySet<string> } {
    const outer = this.met;
    this.met = new Set();
    const found = look();
    const { met } = this;
    this.met = outer;
    for (const key of met) outer.add(key);
    return { found, met };
  }

  /** The range of an integer scalar; undefined where the text shows none. */
  rangeOf(expression: ExpressionElem, place: Place): Range | undefined {
    if (++this.steps > MAX_STEPS) throw new TooLong();
    const key = this.names.keyOf(expression);
    const plain = this.ofBuiltin(key) ?? this.plain(expression, place);
    return this.narrow(key, plain, place, this.names.isUnsigned(expression));
  }

  /** A value that is a part of a builtin input by another spelling. */
  private ofBuiltin(key: string | undefined): Range | undefined {
    const input = key === undefined ? undefined : builtinOf(key);
    return input && dispatched(this.facts, input.builtin, input.axis);
  }

  private narrow(key: string | undefined, plain: Range | undefined, place: Place, isUnsigned: boolean): Range | undefined {
    const narrowed = key === undefined ? undefined : place.narrowed.get(key);
    if (key === undefined || !narrowed) return plain;
    this.met.add(key);
    if (!plain) {
      const min = Math.max(narrowed.min, isUnsigned ? 0 : Number.NEGATIVE_INFINITY);
      return Number.isFinite(min) && Number.isFinite(narrowed.max) ? { min, max: narrowed.max, axes: ALL_AXES } : undefined;
    }
    const cut = narrowed.max < plain.max;
    const min = Math.max(plain.min, narrowed.min);
    const { axes = ALL_AXES, moved } = narrowed;
    if (!cut && !moved) return { ...plain, min };
    if (!cut) return { min, max: plain.max, axes: plain.axes | axes, ...(plain.top ? { top: "moved" } : {}) };
    const taken = plain.free && plain.top && (axes & plain.axes) === 0;
    return { min, max: narrowed.max, axes: plain.axes | axes, ...(taken ? { top: "moved", free: true } : {}) };
  }

  private plain(expression: ExpressionElem, place: Place): Range | undefined {
    switch (expression.kind) {
      case "literal":
        return this.names.isInteger(expression) ? constantOf(evaluate(this.facts.kernel, expression)) : undefined;
      case "parenthesized-expression":
        return this.rangeOf(expression.expression, place);
      case "ref":
        return this.ofRef(expression, place);
      case "component-expression":
      case "component-member-expression": {
        const member = expression.kind === "component-member-expression" ? this.names.memberBuiltin(expression) : undefined;
        const part = member === undefined ? this.component(expression, place) : dispatched(this.facts, member, 0);
        if (part) return part;
        const given = this.names.pathOf(expression);
        return given && this.facts.given(given.binding, given.path);
      }
      case "binary-expression": {
        const [a, b] = [this.rangeOf(expression.left, place), this.rangeOf(expression.right, place)];
        if (expression.operator.value === "&" && (a || b)) return this.masked(a, b);
        if (!a && b && /^(?:%|\/|>>)$/.test(expression.operator.value)) {
          const all = this.everyOf(expression.left);
          const less = all && operate(expression.operator.value, all, b);
          return less && { ...less, axes: ALL_AXES };
        }
        if (expression.operator.value === "-") return this.difference(expression, a, b, place);
        const range = a && b && operate(expression.operator.value, a, b);
        return range && this.unwrapped(expression, range);
      }
      case "unary-expression": {
        const inner = expression.operator.value === "-" ? this.rangeOf(expression.expression, place) : undefined;
        const range = inner && operate("-", exactly(0), inner);
        return range && this.unwrapped(expression, range);
      }
      case "call-expression":
        return this.ofCall(expression, place);
      default:
        return undefined;
    }
  }

  /** What an integer can be of which nothing is known. */
  private everyOf(expression: ExpressionElem): Range | undefined {
    if (!this.names.isIntegral(expression)) return undefined;
    return this.names.isUnsigned(expression)
      ? { min: 0, max: U32_MAX, axes: ALL_AXES }
      : { min: -I32_MAX - 1, max: I32_MAX, axes: ALL_AXES };
  }

  /** `x & mask` is at most the mask, whatever x is. */
  private masked(a: Range | undefined, b: Range | undefined): Range | undefined {
    if (a && b) return operate("&", a, b);
    const mask = a ?? b;
    return mask && mask.min >= 0 ? { min: 0, max: mask.max, axes: ALL_AXES } : undefined;
  }

  /** `a - b`, which does not wrap where a condition says that b is not above a. */
  private difference(expression: BinaryExpression, a: Range | undefined, b: Range | undefined, place: Place): Range | undefined {
    const range = a && b && operate("-", a, b);
    const plain = range && this.unwrapped(expression, range);
    const order = this.names.pairKey(expression.left, ">=", expression.right);
    const least = order === undefined ? undefined : place.narrowed.get(order)?.min;
    if (least === undefined && a?.free && b && isConstant(b) && a.min < b.min) {
      // The least of what is taken in full goes below zero for some invocation.
      if (plain) return { ...plain, bottom: true };
      if (this.names.isUnsigned(expression)) return { min: 0, max: U32_MAX + 1 + a.min - b.min, axes: a.axes, top: "moved" };
    }
    if (least === undefined || !a) return plain;
    if (plain) return { ...plain, min: Math.max(plain.min, least) };
    // Of unsigned numbers what is subtracted is at least zero, however large it may be.
    return this.names.isUnsigned(expression) ? { min: least, max: a.max - Math.max(0, b?.min ?? 0), axes: ALL_AXES } : undefined;
  }

  private ofRef(ref: ExpressionElem, place: Place): Range | undefined {
    const decl = this.names.declOf(ref);
    if (!decl) return undefined;
    if (place.known.has(decl)) return this.meet(place.known.get(decl));
    if (place.memo.has(decl)) return this.meet(place.memo.get(decl));
    const { found, met } = this.traced(() => this.ofDecl(ref, decl, place));
    place.memo.set(decl, found && { ...found, met });
    return found;
  }

  private meet(range: Range | undefined): Range | undefined {
    for (const key of range?.met ?? []) this.met.add(key);
    return range;
  }

  private ofDecl(ref: ExpressionElem, decl: AbstractElem, place: Place): Range | undefined {
    if (decl.kind === "gvar") {
      const given = this.names.pathOf(ref);
      return given && this.facts.given(given.binding, given.path);
    }
    if (decl.kind === "override") return constantOf(this.facts.override(decl.name.decl.ident.originalName));
    const init = this.names.initOf(decl);
    // What its variables are now says nothing of what they were at the declaration.
    if (init) return this.names.isInteger(ref) ? this.rangeOf(init, without(place, isPassing)) : undefined;
    return decl.kind === "param" ? this.builtin(decl, 0) : undefined;
  }

  private ofCall(call: Extract<ExpressionElem, { kind: "call-expression" }>, place: Place): Range | undefined {
    const callee = calleeOf(call);
    const decl = refDecl(callee, this.facts.kernel.bindings)?.declElem;
    const [first, second, third] = call.arguments;
    if (decl?.kind === "fn") return this.ofFunction(decl, call.arguments, place);
    if (decl || !first) return undefined;
    const range = (argument: ExpressionElem | undefined) => argument && this.rangeOf(argument, place);
    switch (callee.originalName) {
      case "u32":
      case "i32": {
        const inner = this.names.isInteger(first) ? range(first) : undefined;
        return inner && this.unwrapped(call, inner);
      }
      case "min":
      case "max":
      case "clamp":
      case "select":
        return chosen(callee.originalName, [range(first), range(second), range(third)], this.names.isUnsigned(call));
      case "arrayLength": {
        const pointee = pointeeOf(first);
        const path = pointee && this.names.pathOf(pointee);
        return path && constantOf(this.facts.elements(path.binding));
      }
      default:
        if (!this.names.isInteger(call)) return undefined;
        return resultOfBuiltin(callee.originalName, [range(first), range(second), range(third)], this.names.isUnsigned(call));
    }
  }

  private ofFunction(fn: FnElem, args: readonly ExpressionElem[], place: Place): Range | undefined {
    const value = resultOf(fn);
    if (!value) return undefined;
    const inside = this.enter(fn, args, place);
    return this.names.within(fn, args, () => this.rangeOf(value, inside));
  }

  /** The start of a function that is called at `place`. */
  enter(fn: FnElem, args: readonly ExpressionElem[], place: Place): Place {
    const known = new Map(place.known);
    fn.params.forEach((param, index) => {
      const argument = args[index];
      if (!argument || !this.names.isInteger(argument)) return;
      const { found, met } = this.traced(() => this.rangeOf(argument, place));
      known.set(param, found && { ...found, met });
    });
    return startOf(known, place);
  }

  /** The part of a vector that an expression such as `id.x`, `v[1]` or `id.yx.x` is. */
  private component(expression: ExpressionElem, place: Place): Range | undefined {
    if (expression.kind === "component-member-expression") {
      const index = partOf(expression.access.name);
      return index === undefined ? undefined : this.part(expression.base, index, place);
    }
    if (expression.kind !== "component-expression") return undefined;
    const index = this.rangeOf(expression.access, place);
    return index && isConstant(index) ? this.part(expression.base, index.min, place) : undefined;
  }

  private part(vector: ExpressionElem, index: number, place: Place): Range | undefined {
    if (++this.steps > MAX_STEPS) throw new TooLong();
    const key = this.names.partKey(vector, index);
    const plain = this.ofBuiltin(key) ?? this.plainPart(vector, index, place);
    return this.narrow(key, plain, place, this.names.isUnsigned(vector));
  }

  /** Of a vector its component, of a scalar itself. */
  side(expression: ExpressionElem, index: number, place: Place): Range | undefined {
    return this.names.sizeOf(expression) === undefined ? this.rangeOf(expression, place) : this.part(expression, index, place);
  }

  private plainPart(vector: ExpressionElem, index: number, place: Place): Range | undefined {
    switch (vector.kind) {
      case "parenthesized-expression":
        return this.part(vector.expression, index, place);
      case "ref": {
        const decl = this.names.declOf(vector);
        const init = decl && this.names.initOf(decl);
        if (init) return this.part(init, index, without(place, isPassing));
        if (decl?.kind === "param") return this.builtin(decl, index);
        return decl?.kind === "gvar" ? this.givenPart(vector, index) : undefined;
      }
      case "component-member-expression": {
        const { name } = vector.access;
        const member = this.names.memberBuiltin(vector);
        if (member !== undefined) return dispatched(this.facts, member, index);
        const inner = "xyzw".indexOf(name.charAt(index));
        if (this.names.sizeOf(vector.base) === undefined) return this.givenPart(vector, index);
        return /^[xyzw]{2,4}$/.test(name) && inner >= 0 ? this.part(vector.base, inner, place) : undefined;
      }
      case "binary-expression": {
        const [a, b] = [this.side(vector.left, index, place), this.side(vector.right, index, place)];
        const range = a && b && this.names.isIntegral(vector) ? operate(vector.operator.value, a, b) : undefined;
        return range && this.unwrapped(vector, range);
      }
      case "call-expression": {
        const callee = calleeOf(vector);
        if (refDecl(callee, this.facts.kernel.bindings)) return undefined;
        if (/^(min|max|clamp)$/.test(callee.originalName)) {
          const [a, b, c] = vector.arguments.map((each) => this.side(each, index, place));
          return chosen(callee.originalName, [a, b, c], this.names.isUnsigned(vector));
        }
        if (!/^vec[234]/.test(callee.originalName)) return partOfBuiltin(callee.originalName);
        const [only, more] = vector.arguments;
        if (only && !more && !this.names.isInteger(only)) {
          const part = this.part(only, index, place);
          return part && (this.names.isIntegral(vector) ? this.unwrapped(vector, part) : part);
        }
        if (only && !more) return this.rangeOf(only, place);
        const argument = vector.arguments[index];
        return vector.arguments.every((each) => this.names.isInteger(each)) && argument ? this.rangeOf(argument, place) : undefined;
      }
      default:
        return undefined;
    }
  }

  /** What the job sets a component of a binding's vector to. */
  private givenPart(vector: ExpressionElem, index: number): Range | undefined {
    const given = this.names.pathOf(vector);
    const part = "xyzw"[index];
    return given && this.facts.given(given.binding, given.path === "" ? `${part}` : `${given.path}.${part}`);
  }

  private builtin(param: FnParamElem, index: number): Range | undefined {
    const builtin = builtinInput(param);
    return builtin === undefined ? undefined : dispatched(this.facts, builtin, index);
  }

  private unwrapped(expression: ExpressionElem, range: Range): Range | undefined {
    if (range.min >= 0 && range.max < 2 ** 31) return range;
    if (this.names.isUnsigned(expression)) return range.min >= 0 && range.max <= U32_MAX ? range : undefined;
    return range.min >= -(2 ** 31) && range.max < 2 ** 31 ? range : undefined;
  }
}

/** What a function returns that only names values and returns one. */
export function resultOf(fn: FnElem): ExpressionElem | undefined {
  const { body } = fn.body;
  const last = body[body.length - 1];
  const isPlain = body.slice(0, -1).every(({ kind }) => kind === "let" || kind === "const");
  return last?.kind === "return" && isPlain ? last.value : undefined;
}

function constantOf(value: number | undefined): Range | undefined {
  return value === undefined ? undefined : exactly(value);
}
