/** Loops that count up and end before their variable wraps, or shrink it: what it can be in the body. */
import { type ExpressionElem, type ForElem, type Statement, type VarElem, visitAst, type WhileElem } from "wesl/core";
import type { Names } from "./names.ts";
import type { Place } from "./place.ts";
import { ALL_AXES, I32_MAX, isConstant, type Range, U32_MAX } from "./range.ts";
import type { Values } from "./values.ts";

/** What holds where the loop's condition is looked at, and in its body but for that condition. */
export function insideOf(loop: ForElem | WhileElem, place: Place, names: Names, values: Values): Place {
  const variable = names.variableOf(loop);
  if (!variable) return { ...place, sure: false };
  const { found, met } = values.traced(() => new Counting(loop, variable, place, names, values).counted());
  const known = new Map(place.known).set(variable, found && { ...found.range, met });
  return { ...place, known, memo: new Map(), sure: place.sure && found?.each === true };
}

/** A loop with a variable that its update alone changes, at a place. */
class Counting {
  private readonly update: Statement | undefined;

  constructor(
    private readonly loop: ForElem | WhileElem,
    private readonly variable: VarElem,
    private readonly place: Place,
    private readonly names: Names,
    private readonly values: Values,
  ) {
    this.update = names.updateOf(variable);
  }

  /** The range of the variable; `each`: every invocation takes part, and together they take every value of it. */
  counted(): { range: Range; each: boolean } | undefined {
    const { loop, variable, update } = this;
    const first = variable.init && this.rangeOf(variable.init);
    if (!first) return undefined;
    const otherwise = this.shrunk(first) ?? this.doubled(first) ?? this.countedDown(first);
    if (otherwise) return { range: otherwise, each: false };
    const step = this.step();
    if (!step || step.min < 0) return undefined;
    const last = this.lastOf(loop.condition);
    // One step past the last value it is looked at once more: where it wraps there, it goes on below its first.
    if (!last || last.max + step.max > mostOf(update, this.names)) return undefined;
    const { min, axes } = first;
    const max = Math.max(min, last.max);
    const whole = isConstant(last) && last.max >= first.max && isConstant(step) && !leaves(loop.body);
    if (whole && step.min === 1 && isConstant(first)) return { range: { min, max, top: "last", axes: 0, free: true }, each: true };
    // Invocations that start side by side leave nothing out with a step of at most their number.
    const aside = first.free === true && first.top !== undefined && step.min >= 1 && step.min <= first.max - min + 1;
    if (whole && aside) return { range: { min, max, top: "moved", axes, free: true }, each: true };
    return { range: { min, max, axes: ALL_AXES }, each: false };
  }

  /** Halved, say, as in a tree of sums: never above its first value, never below zero. */
  private shrunk(first: Range): Range | undefined {
    const { update } = this;
    if (first.min < 0 || update?.kind !== "assign") return undefined;
    const by = this.rangeOf(update.rhs);
    const shrinks = by !== undefined && ((update.op.value === ">>=" && by.min >= 0) || (update.op.value === "/=" && by.min >= 1));
    return shrinks ? { min: 0, max: first.max, axes: ALL_AXES } : undefined;
  }

  /** `i <<= 1u` or `i *= 2u`, as far as the condition lets it, where the step after that does not wrap. */
  private doubled(first: Range): Range | undefined {
    const { names, update } = this;
    if (update?.kind !== "assign" || update.lhs.kind === "phony") return undefined;
    const target = names.declOf(update.lhs);
    const own = update.rhs.kind === "binary-expression" && names.declOf(update.rhs.left) === target ? update.rhs : undefined;
    const operator = update.op.value === "=" ? own?.operator.value : update.op.value.slice(0, -1);
    const by = this.rangeOf(update.op.value === "=" ? (own?.right ?? update.rhs) : update.rhs);
    if (!by || !/^(?:<<|\*)$/.test(operator ?? "")) return undefined;
    const last = this.lastOf(this.loop.condition);
    const factor = operator === "*" ? by.max : 2 ** by.max;
    if (!last || first.min < 0 || by.min < 0 || (operator === "<<" && by.max > 30)) return undefined;
    if (last.max * factor > mostOf(update, names)) return undefined;
    return { min: operator === "*" && by.min === 0 ? 0 : first.min, max: Math.max(first.max, last.max), axes: ALL_AXES };
  }

  /** `i--` or `i -= step` down to where the condition ends it, where the step after that is not below zero, or is a signed one. */
  private countedDown(first: Range): Range | undefined {
    const { names, update } = this;
    const target =
      update?.kind === "decrement" ? update.target : update?.kind === "assign" && update.op.value === "-=" ? update.lhs : undefined;
    if (!update || !target || target.kind === "phony") return undefined;
    const step: Range | undefined = update.kind === "assign" ? this.rangeOf(update.rhs) : { min: 1, max: 1, axes: 0 };
    const { condition } = this.loop;
    if (!step || step.min < 0 || condition?.kind !== "binary-expression" || !/^>=?$/.test(condition.operator.value)) return undefined;
    if (names.declOf(condition.left) !== this.variable) return undefined;
    const bound = this.rangeOf(condition.right);
    if (!bound) return undefined;
    const least = bound.min + (condition.operator.value === ">" ? 1 : 0);
    if (least - step.max < (names.isUnsigned(target) ? 0 : -I32_MAX - 1)) return undefined;
    return { min: Math.min(least, first.min), max: first.max, axes: ALL_AXES };
  }

  private step(): Range | undefined {
    const { update } = this;
    if (update?.kind === "increment") return { min: 1, max: 1, top: "last", axes: 0 };
    return update?.kind === "assign" && update.op.value === "+=" ? this.rangeOf(update.rhs) : undefined;
  }

  /** The last value that a condition such as `i < n`, or `i < n && …`, lets in. */
  private lastOf(condition: ExpressionElem | undefined): Range | undefined {
    if (condition?.kind === "parenthesized-expression") return this.lastOf(condition.expression);
    if (condition?.kind === "binary-expression" && condition.operator.value === "&&") {
      const either = this.lastOf(condition.left) ?? this.lastOf(condition.right);
      // The other half may end the loop before: the bound is one, but no value that is reached.
      return either && { ...either, min: Number.NEGATIVE_INFINITY };
    }
    if (condition?.kind !== "binary-expression" || !/^<=?$/.test(condition.operator.value)) return undefined;
    if (this.names.declOf(condition.left) !== this.variable) return undefined;
    const bound = this.rangeOf(condition.right);
    const gap = condition.operator.value === "<" ? 1 : 0;
    return bound && { ...bound, min: bound.min - gap, max: bound.max - gap };
  }

  private rangeOf(expression: ExpressionElem): Range | undefined {
    return this.values.rangeOf(expression, this.place);
  }
}

/** The largest number of what an update changes; the lesser one where its type is not known. */
function mostOf(update: Statement | undefined, names: Names): number {
  const target = update?.kind === "increment" ? update.target : update?.kind === "assign" ? update.lhs : undefined;
  return target && target.kind !== "phony" && names.isUnsigned(target) ? U32_MAX : I32_MAX;
}

/** Some invocation may leave what is around this statement before its end. */
export function leaves(statement: Statement): boolean {
  return has(statement, ["return", "discard", "break", "continue"]);
}

/** Some invocation may end in this body of a loop: by a `break` or `continue` it only leaves the loop or a turn of it. */
export function returns(body: Statement): boolean {
  return has(body, ["return", "discard"]);
}

function has(statement: Statement, kinds: readonly Statement["kind"][]): boolean {
  let found = false;
  visitAst(statement, (part) => {
    if ((kinds as readonly string[]).includes(part.kind)) found = true;
  });
  return found;
}
