/** A beginning for generated names that stands nowhere in `text`, so that no name of the owner's can be meant or hidden by one. */
export function freePrefix(text: string): string {
  const taken = new Set(Array.from(text.matchAll(/sliced\d*_/g), ([found]) => found));
  let prefix = "sliced_";
  for (let number = 2; taken.has(prefix); number++) prefix = `sliced${number}_`;
  return prefix;
}
