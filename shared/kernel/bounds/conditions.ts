/** What a condition makes of a place: bounds of what it compares, and who may stay away. */
import { type ExpressionElem, refDecl } from "wesl/core";
import { calleeOf } from "../calls.ts";
import type { Kernel } from "../read.ts";
import { isPassing, type Names } from "./names.ts";
import { type Place, unsure, without } from "./place.ts";
import { isConstant, type Range } from "./range.ts";
import { resultOf, type Values } from "./values.ts";

const NEGATED: Record<string, string> = { "<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "==" };
const BOTH = /^&&?$/;
const EITHER = /^\|\|?$/;

/** One side of a comparison. */
interface Side {
  key: string | undefined;
  range: Range | undefined;
}

export class Conditions {
  private readonly kernel: Kernel;
  private readonly names: Names;
  private readonly values: Values;

  constructor(kernel: Kernel, names: Names, values: Values) {
    this.kernel = kernel;
    this.names = names;
    this.values = values;
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
        if ((truth ? BOTH : EITHER).test(value)) return this.assume(condition.right, truth, this.assume(condition.left, truth, place));
        const operator = truth ? value : NEGATED[value];
        if (NEGATED[value] === undefined || operator === undefined) return unsure(place);
        if (!this.names.isInteger(condition.left) || !this.names.isInteger(condition.right)) return unsure(place);
        return this.compare(this.sideOf(condition.left, place), operator, this.sideOf(condition.right, place), place);
      }
      case "ref": {
        const decl = this.names.declOf(condition);
        const init = decl && this.names.initOf(decl);
        return init ? this.fromBefore(this.assume(init, truth, without(place, isPassing)), place) : unsure(place);
      }
      case "call-expression":
        return this.call(condition, truth, place);
      default:
        return unsure(place);
    }
  }

  private call(call: Extract<ExpressionElem, { kind: "call-expression" }>, truth: boolean, place: Place): Place {
    const callee = calleeOf(call);
    const decl = refDecl(callee, this.kernel.bindings)?.declElem;
    const [only] = call.arguments;
    if (decl?.kind === "fn") {
      const value = resultOf(decl);
      if (!value) return unsure(place);
      // What is known of a name in the function holds for these arguments alone.
      const start = this.values.enter(decl, call.arguments, place);
      const inside = this.names.within(decl, call.arguments, () => this.assume(value, truth, start));
      return { ...inside, known: place.known, memo: new Map(), dead: place.dead || inside.dead };
    }
    if (decl || !only || callee.originalName !== (truth ? "all" : "any")) return unsure(place);
    let at = place;
    const size = this.names.sizeOf(only) ?? 1;
    for (let index = 0; index < size; index++) at = this.part(only, index, truth, at);
    return at;
  }

  /** `place` where a component of a vector of conditions is `truth`. */
  private part(vector: ExpressionElem, index: number, truth: boolean, place: Place): Place {
    if (vector.kind === "parenthesized-expression") return this.part(vector.expression, index, truth, place);
    if (vector.kind === "unary-expression" && vector.operator.value === "!") return this.part(vector.expression, index, !truth, place);
    if (vector.kind === "ref") {
      const decl = this.names.declOf(vector);
      const init = decl && this.names.initOf(decl);
      return init ? this.fromBefore(this.part(init, index, truth, without(place, isPassing)), place) : unsure(place);
    }
    if (vector.kind !== "binary-expression") return unsure(place);
    const { left, right, operator } = vector;
    if ((truth ? BOTH : EITHER).test(operator.value)) return this.part(right, index, truth, this.part(left, index, truth, place));
    const compares = truth ? operator.value : NEGATED[operator.value];
    if (NEGATED[operator.value] === undefined || compares === undefined) return unsure(place);
    if (!this.names.isIntegral(left) || !this.names.isIntegral(right)) return unsure(place);
    return this.compare(this.sideOf(left, place, index), compares, this.sideOf(right, place, index), place);
  }

  private sideOf(expression: ExpressionElem, place: Place, index = 0): Side {
    return { key: this.names.sideKey(expression, index), range: this.values.side(expression, index, place) };
  }

  /** What was asked before says nothing of variables as they are now. */
  private fromBefore(then: Place, now: Place): Place {
    const passing = [...now.narrowed].filter(([key]) => isPassing(key));
    const lasting = [...then.narrowed].filter(([key]) => !isPassing(key));
    return { ...then, narrowed: new Map([...lasting, ...passing]), memo: new Map() };
  }

  private compare(left: Side, operator: string, right: Side, place: Place): Place {
    if (operator === ">" || operator === ">=") return this.compare(right, operator === ">" ? "<" : "<=", left, place);
    const { range: a } = left;
    const { range: b } = right;
    if (operator === "!=") {
      if (a && b && (a.max < b.min || b.max < a.min)) return place;
      return differ(right, a, differ(left, b, unsure(place)));
    }
    const gap = operator === "<" ? 1 : 0;
    const narrowed = new Map(place.narrowed);
    const narrow = ({ key }: Side, min: number, max: number, by: Range) => {
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
    const order = this.names.joined(right.key, ">=", left.key);
    if (order !== undefined)
      narrowed.set(order, {
        min: Math.max(gap, narrowed.get(order)?.min ?? 0),
        max: Number.POSITIVE_INFINITY,
        axes: undefined,
        moved: false,
      });
    if (b) narrow(left, both ? b.min : Number.NEGATIVE_INFINITY, b.max - gap, b);
    if (a) narrow(right, a.min + gap, both ? a.max : Number.POSITIVE_INFINITY, a);
    const after = { ...place, narrowed, memo: new Map() };
    if (!a || !b) return unsure(after);
    const dead = place.dead || a.min > b.max - gap || (both && b.min > a.max);
    if (!both && a.max <= b.min - gap) return { ...after, dead };
    const taken = a.free === true && b.top !== undefined && (a.axes & b.axes) === 0;
    if (!taken && !(b.free === true && isConstant(a))) return { ...unsure(after), dead };
    const condition = { key: taken ? left.key : right.key, axes: a.axes | b.axes };
    return { ...after, dead, conditions: [...place.conditions, condition] };
  }
}

/** `place` where `of` is not `other`: of a number at one end of its range that leaves the rest. */
function differ({ key, range }: Side, other: Range | undefined, place: Place): Place {
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
