/** Ranges of integer expressions at one place of a function, from the facts and from the conditions that lead there. */
import { type AbstractElem, type BinaryExpression, type ExpressionElem, type FnElem, type FnParamElem, refDecl } from "wesl/core";
import { evaluate } from "../attributes.ts";
import { dispatched, type Facts } from "./facts.ts";
import { isPassing, type Names } from "./names.ts";
import { type Place, startOf, unsure, without } from "./place.ts";
import { chosen, exactly, isConstant, operate, type Range } from "./range.ts";

const NEGATED: Record<string, string> = { "<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "==" };
/** A judgement has two seconds; what is not looked at by then is said to be unchecked. */
const MAX_STEPS = 20_000;
const U32_MAX = 2 ** 32 - 1;

/** Thrown when a kernel is too long to be followed. */
export class TooLong extends Error {}

export class Values {
  private readonly facts: Facts;
  private readonly names: Names;
  private steps = 0;

  constructor(facts: Facts, names: Names) {
    this.facts = facts;
    this.names = names;
  }

  /** The range of an integer scalar; undefined where the text shows none. */
  rangeOf(expression: ExpressionElem, place: Place): Range | undefined {
    if (++this.steps > MAX_STEPS) throw new TooLong();
    const plain = this.plain(expression, place);
    const key = this.names.keyOf(expression);
    const narrowed = key === undefined ? undefined : place.narrowed.get(key);
    if (!narrowed) return plain;
    if (!plain) {
      const min = Math.max(narrowed.min, this.names.isUnsigned(expression) ? 0 : Number.NEGATIVE_INFINITY);
      return Number.isFinite(min) && Number.isFinite(narrowed.max) ? { min, max: narrowed.max, axes: 15 } : undefined;
    }
    const cut = narrowed.max < plain.max;
    const min = Math.max(plain.min, narrowed.min);
    const { axes = 15, moved } = narrowed;
    if (!cut && !moved) return { ...plain, min };
    if (!cut) return { min, max: plain.max, axes: plain.axes | axes, ...(plain.top ? { top: "moved" } : {}) };
    const taken = plain.free && plain.top && (axes & plain.axes) === 0;
    return { min, max: narrowed.max, axes: plain.axes | axes, ...(taken ? { top: "moved", free: true } : {}) };
  }

  /** `place` where `condition` is `truth`. */
  assume(condition: ExpressionElem, truth: boolean, place: Place): Place {
    switch (condition.kind) {
      case "parenthesized-expression":
        return this.assume(condition.expression, truth, place);
      case "unary-expression":
        return condition.operator.value === "!" ? this.assume(condition.expression, !truth, place) : unsure(place);
      case "binary-expression": {
        const { value } = condition.operator;
        if (value === (truth ? "&&" : "||")) return this.assume(condition.right, truth, this.assume(condition.left, truth, place));
        const operator = truth ? value : NEGATED[value];
        if (NEGATED[value] === undefined || operator === undefined) return unsure(place);
        return this.compare(condition.left, operator, condition.right, place);
      }
      default:
        return unsure(place);
    }
  }

  private compare(left: ExpressionElem, operator: string, right: ExpressionElem, place: Place): Place {
    if (operator === ">" || operator === ">=") return this.compare(right, operator === ">" ? "<" : "<=", left, place);
    if (!this.names.isInteger(left) || !this.names.isInteger(right)) return unsure(place);
    const [a, b] = [this.rangeOf(left, place), this.rangeOf(right, place)];
    if (operator === "!=") {
      if (a && b && (a.max < b.min || b.max < a.min)) return place;
      return this.differ(right, b, a, this.differ(left, a, b, unsure(place)));
    }
    const gap = operator === "<" ? 1 : 0;
    const narrowed = new Map(place.narrowed);
    const narrow = (of: ExpressionElem, min: number, max: number, by: Range) => {
      const key = this.names.keyOf(of);
      if (key === undefined) return;
      const before = narrowed.get(key);
      const tighter = !before || max < before.max;
      narrowed.set(key, {
        min: Math.max(min, before?.min ?? min),
        max: Math.min(max, before?.max ?? max),
        axes: tighter ? by.top && by.axes : before.axes,
        moved: by.top === "moved" || (before?.moved ?? false),
      });
    };
    const both = operator === "==";
    const order = this.names.pairKey(right, ">=", left);
    if (order !== undefined)
      narrowed.set(order, {
        min: Math.max(gap, narrowed.get(order)?.min ?? 0),
        max: Number.POSITIVE_INFINITY,
        axes: undefined,
        moved: false,
      });
    if (b) narrow(left, both ? b.min : Number.NEGATIVE_INFINITY, b.max - gap, b);
    if (a) narrow(right, a.min + gap, both ? a.max : Number.POSITIVE_INFINITY, a);
    const always = a !== undefined && b !== undefined && !both && a.max <= b.min - gap;
    const taken = (value: Range, bound: Range) => value.free === true && bound.top !== undefined && (value.axes & bound.axes) === 0;
    const understood = always || (a !== undefined && b !== undefined && (taken(a, b) || (b.free === true && isConstant(a))));
    const dead = a !== undefined && b !== undefined && (a.min > b.max - gap || (both && b.min > a.max));
    return { ...place, narrowed, memo: new Map(), sure: place.sure && understood, dead: place.dead || dead };
  }

  /** `place` where `of` is not `other`: of a number at one end of its range that leaves the rest. */
  private differ(of: ExpressionElem, range: Range | undefined, other: Range | undefined, place: Place): Place {
    const key = this.names.keyOf(of);
    if (key === undefined || !range || !other || !isConstant(other)) return place;
    const min = range.min === other.min ? range.min + 1 : range.min;
    const max = range.max === other.max ? range.max - 1 : range.max;
    if (min > max) return { ...place, dead: true };
    if (min === range.min && max === range.max) return place;
    const before = place.narrowed.get(key);
    const axes = max < range.max ? undefined : before?.axes;
    const narrowed = new Map(place.narrowed).set(key, { min, max, axes, moved: before?.moved ?? false });
    return { ...place, narrowed, memo: new Map() };
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
        const member = expression.kind === "component-member-expression" ? this.memberBuiltin(expression) : undefined;
        const part = member === undefined ? this.component(expression, place) : dispatched(this.facts, member, 0);
        if (part) return part;
        const given = this.names.pathOf(expression);
        return given && this.facts.given(given.binding, given.path);
      }
      case "binary-expression": {
        const [a, b] = [this.rangeOf(expression.left, place), this.rangeOf(expression.right, place)];
        if (expression.operator.value === "&" && (a || b)) return this.masked(a, b);
        const rest = expression.operator.value === "%" && b && b.min > 0 && !(a && a.min >= 0) && this.names.isUnsigned(expression);
        if (rest) return { min: 0, max: b.max - 1, axes: 15 };
        if (expression.operator.value === "-") return this.difference(expression, a, b, place);
        const range = a && b && operate(expression.operator.value, a, b);
        return range && this.unwrapped(expression, range);
      }
      case "call-expression":
        return this.ofCall(expression, place);
      default:
        return undefined;
    }
  }

  /** `x & mask` is at most the mask, whatever x is. */
  private masked(a: Range | undefined, b: Range | undefined): Range | undefined {
    if (a && b) return operate("&", a, b);
    const mask = a ?? b;
    return mask && mask.min >= 0 ? { min: 0, max: mask.max, axes: 15 } : undefined;
  }

  /** `a - b`, which does not wrap where a condition says that b is not above a. */
  private difference(expression: BinaryExpression, a: Range | undefined, b: Range | undefined, place: Place): Range | undefined {
    const range = a && b && operate("-", a, b);
    const plain = range && this.unwrapped(expression, range);
    const order = this.names.pairKey(expression.left, ">=", expression.right);
    const least = order === undefined ? undefined : place.narrowed.get(order)?.min;
    if (least === undefined || !a) return plain;
    if (plain) return { ...plain, min: Math.max(plain.min, least) };
    // Of unsigned numbers what is subtracted is at least zero, however large it may be.
    return this.names.isUnsigned(expression) ? { min: least, max: a.max - Math.max(0, b?.min ?? 0), axes: 15 } : undefined;
  }

  private ofRef(ref: ExpressionElem, place: Place): Range | undefined {
    const decl = this.names.declOf(ref);
    if (!decl) return undefined;
    if (place.known.has(decl)) return place.known.get(decl);
    if (place.memo.has(decl)) return place.memo.get(decl);
    let range: Range | undefined;
    if (decl.kind === "gvar") {
      const given = this.names.pathOf(ref);
      range = given && this.facts.given(given.binding, given.path);
    } else if (decl.kind === "override") range = constantOf(this.facts.override(decl.name.decl.ident.originalName));
    else if (decl.kind === "param") range = this.builtin(decl, 0);
    else {
      const init = this.names.initOf(decl);
      // What its variables are now says nothing of what they were at the declaration.
      if (init && this.names.isInteger(ref)) range = this.rangeOf(init, without(place, isPassing));
    }
    place.memo.set(decl, range);
    return range;
  }

  private ofCall(call: Extract<ExpressionElem, { kind: "call-expression" }>, place: Place): Range | undefined {
    const callee = call.function.kind === "ref" ? call.function.ident : call.function.name;
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
        const pointee = first.kind === "unary-expression" ? this.names.pathOf(first.expression) : undefined;
        return pointee && constantOf(this.facts.elements(pointee.binding));
      }
      default:
        return undefined;
    }
  }

  /** A function that only names values and returns one. */
  private ofFunction(fn: FnElem, args: readonly ExpressionElem[], place: Place): Range | undefined {
    const { body } = fn.body;
    const last = body[body.length - 1];
    if (last?.kind !== "return" || !last.value || !body.slice(0, -1).every(({ kind }) => kind === "let" || kind === "const"))
      return undefined;
    return this.rangeOf(last.value, startOf(this.argumentsOf(fn, args, place), place));
  }

  argumentsOf(fn: FnElem, args: readonly ExpressionElem[], place: Place): Map<AbstractElem, Range | undefined> {
    const known = new Map<AbstractElem, Range | undefined>();
    fn.params.forEach((param, index) => {
      const argument = args[index];
      known.set(param, argument && this.names.isInteger(argument) ? this.rangeOf(argument, place) : undefined);
    });
    return known;
  }

  /** The part of a vector that an expression such as `id.x`, `v[1]` or `id.yx.x` is. */
  private component(expression: ExpressionElem, place: Place): Range | undefined {
    if (expression.kind === "component-member-expression") {
      const index = "xyzw".indexOf(expression.access.name);
      const color = "rgba".indexOf(expression.access.name);
      return expression.access.name.length === 1 && index + color > -2
        ? this.part(expression.base, Math.max(index, color), place)
        : undefined;
    }
    if (expression.kind !== "component-expression") return undefined;
    const index = this.rangeOf(expression.access, place);
    return index && isConstant(index) ? this.part(expression.base, index.min, place) : undefined;
  }

  private part(vector: ExpressionElem, index: number, place: Place): Range | undefined {
    if (++this.steps > MAX_STEPS) throw new TooLong();
    switch (vector.kind) {
      case "parenthesized-expression":
        return this.part(vector.expression, index, place);
      case "ref": {
        const decl = this.names.declOf(vector);
        if (decl?.kind === "param") return place.known.has(decl) ? undefined : this.builtin(decl, index);
        const init = decl && this.names.initOf(decl);
        return init && this.part(init, index, without(place, isPassing));
      }
      case "component-member-expression": {
        const { name } = vector.access;
        const member = this.memberBuiltin(vector);
        if (member !== undefined) return dispatched(this.facts, member, index);
        const inner = "xyzw".indexOf(name.charAt(index));
        return /^[xyzw]{2,4}$/.test(name) && inner >= 0 ? this.part(vector.base, inner, place) : undefined;
      }
      case "call-expression": {
        const callee = vector.function.kind === "ref" ? vector.function.ident : vector.function.name;
        if (refDecl(callee, this.facts.kernel.bindings)) return undefined;
        if (/^(min|max|clamp)$/.test(callee.originalName)) {
          const [a, b, c] = vector.arguments.map((each) => this.part(each, index, place));
          return chosen(callee.originalName, [a, b, c], false);
        }
        if (!/^vec[234]/.test(callee.originalName)) return undefined;
        const [only, more] = vector.arguments;
        if (only && !more && !this.names.isInteger(only)) return this.part(only, index, place);
        if (only && !more) return this.rangeOf(only, place);
        const argument = vector.arguments[index];
        return vector.arguments.every((each) => this.names.isInteger(each)) && argument ? this.rangeOf(argument, place) : undefined;
      }
      default:
        return undefined;
    }
  }

  private builtin(param: FnParamElem, index: number): Range | undefined {
    for (const { attribute } of param.attributes ?? []) {
      if (attribute.kind === "@builtin") return dispatched(this.facts, attribute.param.name, index);
    }
    return undefined;
  }

  /** The builtin that a member of an entry point's struct is: `input.id`. */
  private memberBuiltin(member: Extract<ExpressionElem, { kind: "component-member-expression" }>): string | undefined {
    const param = this.names.declOf(member.base);
    if (param?.kind !== "param" || !param.name.typeRef) return undefined;
    const struct = refDecl(param.name.typeRef.name, this.facts.kernel.bindings)?.declElem;
    const found = struct?.kind === "struct" ? struct.members.find(({ name }) => name.name === member.access.name) : undefined;
    for (const { attribute } of found?.attributes ?? []) if (attribute.kind === "@builtin") return attribute.param.name;
    return undefined;
  }

  private unwrapped(expression: ExpressionElem, range: Range): Range | undefined {
    if (range.min >= 0 && range.max < 2 ** 31) return range;
    if (this.names.isUnsigned(expression)) return range.min >= 0 && range.max <= U32_MAX ? range : undefined;
    return range.min >= -(2 ** 31) && range.max < 2 ** 31 ? range : undefined;
  }
}

function constantOf(value: number | undefined): Range | undefined {
  return value === undefined ? undefined : exactly(value);
}
