/** What an integer expression can be over all invocations, iterations and units: an interval, and whether its end is reached. */

export const U32_MAX = 2 ** 32 - 1;
export const I32_MAX = 2 ** 31 - 1;
const I32_MIN = -(2 ** 31);

export interface Range {
  min: number;
  max: number;
  /**
   * Where `max` is really taken: by the last invocation in the last iteration of the last unit (`last`), or by another one along
   * `axes` (`moved`), as a condition leaves it. Undefined: `max` is a bound that may never be reached.
   */
  top?: "last" | "moved";
  /** Bits of what the value depends on: 1, 2, 4 the dispatch's x, y, z, 8 the unit and the iteration. */
  axes: number;
  /** Every value from `min` to `max` is taken, whatever the other axes are. */
  free?: boolean;
  /** `min` is really taken, as `max` is where `top` is `moved`. */
  bottom?: boolean;
  /** The keys whose bounds it takes account of, where it was found at another place than where it is used. */
  met?: ReadonlySet<string>;
}

/** A value that may depend on all of them. */
export const ALL_AXES = 15;

export function exactly(value: number): Range {
  return { min: value, max: value, top: "last", axes: 0 };
}

/** `top` of a value that grows with both: undefined where their largest values may belong to different invocations. */
function joint(a: Range, b: Range): "last" | "moved" | undefined {
  if (!a.top || !b.top) return undefined;
  if (a.top === "last" && b.top === "last") return "last";
  return (a.axes & b.axes) === 0 ? "moved" : undefined;
}

function make(min: number, max: number, axes: number, top: Range["top"]): Range {
  return { min, max, axes, ...(top ? { top } : {}) };
}

const OPERATIONS: Record<string, (a: Range, b: Range) => Range | undefined> = {
  "+": (a, b) => make(a.min + b.min, a.max + b.max, a.axes | b.axes, joint(a, b)),
  // What counts down from a number starts there, where its subtrahend is least.
  "-": (a, b) => {
    const top = isConstant(b) ? a.top : isConstant(a) && b.free ? "moved" : undefined;
    return make(a.min - b.max, a.max - b.min, a.axes | b.axes, top);
  },
  "*": (a, b) => {
    if (a.min >= 0 && b.min >= 0) return make(a.min * b.min, a.max * b.max, a.axes | b.axes, joint(a, b));
    const corners = [a.min * b.min, a.min * b.max, a.max * b.min, a.max * b.max];
    return make(Math.min(...corners), Math.max(...corners), a.axes | b.axes, undefined);
  },
  "/": (a, b) => {
    if (b.min <= 0) return undefined;
    const min = Math.trunc(a.min / (a.min < 0 ? b.min : b.max));
    const max = Math.trunc(a.max / (a.max < 0 ? b.max : b.min));
    return make(min, max, a.axes | b.axes, isConstant(b) && a.min >= 0 ? a.top : undefined);
  },
  // The rest has the sign of what is divided.
  "%": (a, b) => {
    if (b.min <= 0) return undefined;
    if (a.min >= 0 && a.max < b.min) return a;
    const min = a.min < 0 ? Math.max(a.min, 1 - b.max) : 0;
    return make(min, a.max < 0 ? 0 : Math.min(a.max, b.max - 1), a.axes | b.axes, undefined);
  },
  "<<": (a, b) => {
    if (a.min < 0 || b.min < 0 || b.max > 31) return undefined;
    return make(a.min * 2 ** b.min, a.max * 2 ** b.max, a.axes | b.axes, joint(a, b));
  },
  ">>": (a, b) => {
    if (b.min < 0 || b.max > 31) return undefined;
    const min = Math.floor(a.min / 2 ** (a.min < 0 ? b.min : b.max));
    const max = Math.floor(a.max / 2 ** (a.max < 0 ? b.max : b.min));
    return make(min, max, a.axes | b.axes, isConstant(b) ? a.top : undefined);
  },
  "&": (a, b) => (a.min < 0 || b.min < 0 ? undefined : make(0, Math.min(a.max, b.max), a.axes | b.axes, undefined)),
  "|": bits,
  "^": bits,
};

function bits(a: Range, b: Range): Range | undefined {
  if (a.min < 0 || b.min < 0) return undefined;
  const most = Math.max(a.max, b.max);
  return make(0, most === 0 ? 0 : 2 ** (Math.floor(Math.log2(most)) + 1) - 1, a.axes | b.axes, undefined);
}

/** `a operator b` without wrapping; undefined where nothing is known. */
export function operate(operator: string, a: Range, b: Range): Range | undefined {
  return OPERATIONS[operator]?.(a, b);
}

function least(a: Range, b: Range): Range {
  const top = isConstant(b) || isConstant(a) ? (a.max <= b.max ? a.top : b.top) : joint(a, b);
  return make(Math.min(a.min, b.min), Math.min(a.max, b.max), a.axes | b.axes, top);
}

function most(a: Range, b: Range): Range {
  return make(Math.max(a.min, b.min), Math.max(a.max, b.max), a.axes | b.axes, a.max >= b.max ? a.top : b.top);
}

function either(a: Range, b: Range): Range {
  return make(Math.min(a.min, b.min), Math.max(a.max, b.max), a.axes | b.axes, undefined);
}

/** What `min`, `max`, `clamp` or `select` make of their arguments; undefined where nothing is known. */
export function chosen(name: string, [a, b, c]: readonly (Range | undefined)[], isUnsigned: boolean): Range | undefined {
  switch (name) {
    case "min": {
      if (a && b) return least(a, b);
      const bound = a ?? b;
      return bound && { min: isUnsigned ? 0 : I32_MIN, max: bound.max, axes: ALL_AXES };
    }
    case "max": {
      if (a && b) return most(a, b);
      const bound = a ?? b;
      return bound && { min: bound.min, max: isUnsigned ? U32_MAX : I32_MAX, axes: ALL_AXES };
    }
    case "clamp":
      if (!b || !c) return undefined;
      return a ? least(most(a, b), c) : { min: Math.min(b.min, c.min), max: c.max, axes: ALL_AXES };
    case "select":
      return a && b && either(a, b);
    default:
      return undefined;
  }
}

export function isConstant(range: Range): boolean {
  return range.min === range.max;
}
