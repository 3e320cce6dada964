/** Fills each `{name}` of a sentence once: what is filled in is not looked at again. A name that is not given is a `?`. */
export function fill(sentence: string, values: Readonly<Record<string, string | number>>): string {
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? "?"));
}
