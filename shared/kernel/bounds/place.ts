/** What holds at a place of a function, by the conditions that lead there. */
import type { AbstractElem } from "wesl/core";
import type { Range } from "./range.ts";

interface Narrowing {
  min: number;
  max: number;
  /** Where `max` is taken itself, what it depends on; undefined: it may never be. */
  axes: number | undefined;
  /** The bound has its most elsewhere than in the last unit: what it bounds is at its own most there, or nowhere. */
  moved: boolean;
}

/** One that keeps some invocations away by a value of which every one is taken. */
interface Condition {
  /** What it bounds; an index that is made of something else on the same axes may be kept inside by it unseen. */
  key: string | undefined;
  axes: number;
}

/** What holds at a place. Never changed: a narrower one is made of it. */
export interface Place {
  /** Every invocation comes here, but for those that `conditions` keep away. */
  sure: boolean;
  conditions: readonly Condition[];
  /** No invocation comes here. */
  dead: boolean;
  /** Ranges of parameters and of the variables of loops. */
  known: ReadonlyMap<AbstractElem, Range | undefined>;
  /** Bounds from conditions, by the expression's key; by that of `a >= b`, where it holds, the least of `a - b`. */
  narrowed: ReadonlyMap<string, Narrowing>;
  memo: Map<AbstractElem, Range | undefined>;
}

export function startOf(fnArguments: ReadonlyMap<AbstractElem, Range | undefined>, from?: Place): Place {
  const { sure = true, conditions = [], narrowed = new Map() } = from ?? {};
  return { sure, conditions, dead: false, known: fnArguments, narrowed, memo: new Map() };
}

/** The same without the bounds of what `goes`. */
export function without(place: Place, goes: (key: string) => boolean): Place {
  const kept = [...place.narrowed].filter(([key]) => !goes(key));
  return kept.length === place.narrowed.size ? place : { ...place, narrowed: new Map(kept), memo: new Map() };
}

/** The same, where some invocations may stay away for reasons that are not understood. */
export function unsure(place: Place): Place {
  return place.sure ? { ...place, sure: false } : place;
}
