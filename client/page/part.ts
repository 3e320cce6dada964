/** `mine`: set in yellow, the visitor's own numbers alone. */
export type Part = string | { mine: string };

/** The h1 and the paragraph under it. */
export interface Words {
  headline: Part[];
  lead: Part[];
}

export function plainText(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === "string" ? part : part.mine)).join("");
}
