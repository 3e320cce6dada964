/** A number of each invocation of a workgroup, undefined where it depends on what is not followed; a truth is 0 or 1. */
export type Lanes = readonly (number | undefined)[];

export function unknown(count: number): Lanes {
  return Array.from({ length: count }, () => undefined);
}

export function isNumber(value: number | undefined): value is number {
  return value !== undefined;
}

const COMPARES: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  "<": (a, b) => a < b,
  "<=": (a, b) => a <= b,
  ">": (a, b) => a > b,
  ">=": (a, b) => a >= b,
  "==": (a, b) => a === b,
  "!=": (a, b) => a !== b,
};

/** Undefined: WGSL leaves the result open, or makes an error of it. */
const COMPUTES: Readonly<Record<string, (a: number, b: number) => number | undefined>> = {
  "+": (a, b) => a + b,
  "-": (a, b) => a - b,
  "*": (a, b) => Math.imul(a, b),
  "/": (a, b) => (b === 0 ? undefined : Math.trunc(a / b)),
  "%": (a, b) => (b === 0 ? undefined : a % b),
  "<<": (a, b) => (b > 31 ? undefined : a << b),
  ">>": (a, b) => (b > 31 ? undefined : a < 0 ? a >> b : Math.floor(a / 2 ** b)),
  "&": (a, b) => a & b,
  "|": (a, b) => a | b,
  "^": (a, b) => a ^ b,
};

/** `a operator b` of u32 or i32, which wrap. */
export function operated(operator: string, a: Lanes, b: Lanes, isUnsigned: boolean): Lanes {
  const compare = COMPARES[operator];
  const compute = COMPUTES[operator];
  return a.map((left, lane) => {
    const right = b[lane];
    if (left === undefined || right === undefined) return undefined;
    if (compare) return Number(compare(left, right));
    const value = compute?.(left, right);
    return value === undefined ? undefined : isUnsigned ? value >>> 0 : value | 0;
  });
}
