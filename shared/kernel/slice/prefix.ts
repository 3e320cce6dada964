/** A beginning for generated names that stands nowhere in `text`, so that no name of the owner's can be meant or hidden by one. */
export function freePrefix(text: string): string {
  let prefix = "sliced_";
  for (let number = 2; text.includes(prefix); number++) prefix = `sliced${number}_`;
  return prefix;
}
