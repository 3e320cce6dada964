/** What an integer expression can be over all invocations, iterations and units: an interval, and whether its end is reached. */

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
  /** The keys whose bounds it takes account of, where it was found at another place than where it is used. */
  met?: ReadonlySet<string>;
}

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
  "*": (a, b) => (a.min < 0 || b.min < 0 ? undefined : make(a.min * b.min, a.max * b.max, a.axes | b.axes, joint(a, b))),
  "/": (a, b) => {
    if (a.min < 0 || b.min <= 0) return undefined;
    return make(Math.floor(a.min / b.max), Math.floor(a.max / b.min), a.axes | b.axes, isConstant(b) ? a.top : undefined);
  },
  "%": (a, b) => {
    if (a.min < 0 || b.min <= 0) return undefined;
    if (a.max < b.min) return a;
    return make(0, Math.min(a.max, b.max - 1), a.axes | b.axes, undefined);
  },
  "<<": (a, b) => {
    if (a.min < 0 || b.min < 0 || b.max > 31) return undefined;
    return make(a.min * 2 ** b.min, a.max * 2 ** b.max, a.axes | b.axes, joint(a, b));
  },
  ">>": (a, b) => {
    if (a.min < 0 || b.min < 0 || b.max > 31) return undefined;
    return make(Math.floor(a.min / 2 ** b.max), Math.floor(a.max / 2 ** b.min), a.axes | b.axes, isConstant(b) ? a.top : undefined);
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
      return bound && isUnsigned ? { min: 0, max: bound.max, axes: 15 } : undefined;
    }
    case "max":
      return a && b && most(a, b);
    case "clamp":
      if (!b || !c) return undefined;
      return a ? least(most(a, b), c) : { min: Math.min(b.min, c.min), max: c.max, axes: 15 };
    case "select":
      return a && b && either(a, b);
    default:
      return undefined;
  }
}

export function isConstant(range: Range): boolean {
  return range.min === range.max;
}
