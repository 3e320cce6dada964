/** Loops that count up and end before their variable wraps, or shrink it: what it can be in the body. */
import { type ExpressionElem, type ForElem, type Statement, type VarElem, visitAst, type WhileElem } from "wesl/core";
import type { Names } from "./names.ts";
import type { Place } from "./place.ts";
import { I32_MAX, isConstant, type Range, U32_MAX } from "./range.ts";
import type { Values } from "./values.ts";

/** What holds where the loop's condition is looked at, and in its body but for that condition. */
export function insideOf(loop: ForElem | WhileElem, place: Place, names: Names, values: Values): Place {
  const variable = names.variableOf(loop);
  if (!variable) return { ...place, sure: false };
  const { found, met } = values.traced(() => counted(loop, variable, place, names, values));
  const known = new Map(place.known).set(variable, found && { ...found.range, met });
  return { ...place, known, memo: new Map(), sure: place.sure && found?.each === true };
}

/** The range of a loop's variable; `each`: every invocation takes part, and together they take every value of it. */
function counted(
  loop: ForElem | WhileElem,
  variable: VarElem,
  place: Place,
  names: Names,
  values: Values,
): { range: Range; each: boolean } | undefined {
  const first = variable.init && values.rangeOf(variable.init, place);
  const update = names.updateOf(variable);
  if (first && first.min >= 0 && shrinks(update, place, values)) return { range: { min: 0, max: first.max, axes: 15 }, each: false };
  const otherwise =
    first && (doubled(loop, variable, first, place, names, values) ?? countedDown(loop, variable, first, place, names, values));
  if (otherwise) return { range: otherwise, each: false };
  const step = first && stepOf(update, place, values);
  if (!step || step.min < 0) return undefined;
  const last = lastOf(loop.condition, variable, place, names, values);
  // One step past the last value it is looked at once more: where it wraps there, it goes on below its first.
  const most = isUnsigned(update, names) ? U32_MAX : I32_MAX;
  if (!last || last.max + step.max > most) return undefined;
  const { min, axes } = first;
  const max = Math.max(min, last.max);
  const whole = isConstant(last) && last.max >= first.max && isConstant(step) && !leaves(loop.body);
  if (whole && step.min === 1 && isConstant(first)) return { range: { min, max, top: "last", axes: 0, free: true }, each: true };
  // Invocations that start side by side leave nothing out with a step of at most their number.
  const aside = first.free === true && first.top !== undefined && step.min >= 1 && step.min <= first.max - min + 1;
  if (whole && aside) return { range: { min, max, top: "moved", axes, free: true }, each: true };
  return { range: { min, max, axes: 15 }, each: false };
}

/** Halved, say, as in a tree of sums: never above its first value, never below zero. */
function shrinks(update: Statement | undefined, place: Place, values: Values): boolean {
  if (update?.kind !== "assign") return false;
  const by = values.rangeOf(update.rhs, place);
  return by !== undefined && ((update.op.value === ">>=" && by.min >= 0) || (update.op.value === "/=" && by.min >= 1));
}

/** `i <<= 1u` or `i *= 2u`, as far as the condition lets it, where the step after that does not wrap. */
function doubled(
  loop: ForElem | WhileElem,
  variable: VarElem,
  first: Range,
  place: Place,
  names: Names,
  values: Values,
): Range | undefined {
  const update = names.updateOf(variable);
  if (update?.kind !== "assign" || update.lhs.kind === "phony") return undefined;
  const target = names.declOf(update.lhs);
  const own = update.rhs.kind === "binary-expression" && names.declOf(update.rhs.left) === target ? update.rhs : undefined;
  const operator = update.op.value === "=" ? own?.operator.value : update.op.value.slice(0, -1);
  const by = values.rangeOf(update.op.value === "=" ? (own?.right ?? update.rhs) : update.rhs, place);
  if (!by || !/^(?:<<|\*)$/.test(operator ?? "")) return undefined;
  const last = lastOf(loop.condition, variable, place, names, values);
  const factor = operator === "*" ? by.max : 2 ** by.max;
  const most = isUnsigned(update, names) ? U32_MAX : I32_MAX;
  if (!last || first.min < 0 || by.min < 0 || (operator === "<<" && by.max > 30) || last.max * factor > most) return undefined;
  return { min: operator === "*" && by.min === 0 ? 0 : first.min, max: Math.max(first.max, last.max), axes: 15 };
}

/** `i--` or `i -= step` down to where the condition ends it, where the step after that is not below zero, or is a signed one. */
function countedDown(
  loop: ForElem | WhileElem,
  variable: VarElem,
  first: Range,
  place: Place,
  names: Names,
  values: Values,
): Range | undefined {
  const update = names.updateOf(variable);
  const target =
    update?.kind === "decrement" ? update.target : update?.kind === "assign" && update.op.value === "-=" ? update.lhs : undefined;
  if (!update || !target || target.kind === "phony") return undefined;
  const step: Range | undefined = update.kind === "assign" ? values.rangeOf(update.rhs, place) : { min: 1, max: 1, axes: 0 };
  const { condition } = loop;
  if (!step || step.min < 0 || condition?.kind !== "binary-expression" || !/^>=?$/.test(condition.operator.value)) return undefined;
  if (names.declOf(condition.left) !== variable) return undefined;
  const bound = values.rangeOf(condition.right, place);
  if (!bound) return undefined;
  const least = bound.min + (condition.operator.value === ">" ? 1 : 0);
  if (least - step.max < (names.isUnsigned(target) ? 0 : -I32_MAX - 1)) return undefined;
  return { min: Math.min(least, first.min), max: first.max, axes: 15 };
}

function stepOf(update: Statement | undefined, place: Place, values: Values): Range | undefined {
  if (update?.kind === "increment") return { min: 1, max: 1, top: "last", axes: 0 };
  return update?.kind === "assign" && update.op.value === "+=" ? values.rangeOf(update.rhs, place) : undefined;
}

/** Whether what an update changes is; false where that is not known, which is the lesser of the two ends. */
function isUnsigned(update: Statement | undefined, names: Names): boolean {
  if (update?.kind === "increment") return names.isUnsigned(update.target);
  return update?.kind === "assign" && update.lhs.kind !== "phony" && names.isUnsigned(update.lhs);
}

/** The last value that a condition such as `i < n`, or `i < n && …`, lets in. */
function lastOf(condition: ExpressionElem | undefined, variable: VarElem, place: Place, names: Names, values: Values): Range | undefined {
  if (condition?.kind === "parenthesized-expression") return lastOf(condition.expression, variable, place, names, values);
  if (condition?.kind === "binary-expression" && condition.operator.value === "&&") {
    const either = lastOf(condition.left, variable, place, names, values) ?? lastOf(condition.right, variable, place, names, values);
    // The other half may end the loop before: the bound is one, but no value that is reached.
    return either && { ...either, min: Number.NEGATIVE_INFINITY };
  }
  if (condition?.kind !== "binary-expression" || !/^<=?$/.test(condition.operator.value)) return undefined;
  if (names.declOf(condition.left) !== variable) return undefined;
  const bound = values.rangeOf(condition.right, place);
  const gap = condition.operator.value === "<" ? 1 : 0;
  return bound && { ...bound, min: bound.min - gap, max: bound.max - gap };
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
