/** The number that a value has on the wire or on disk: its place in the list of its kind. Throws `RangeError` when it is not in the list. */
export function numberOf<T>(value: T, list: readonly T[]): number {
  const number = list.indexOf(value);
  if (number < 0) throw new RangeError(`${String(value)} is none of ${list.join(", ")}`);
  return number;
}
