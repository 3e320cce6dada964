/** What `checkState` and a `Ledger` throw. */
export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what);
}
