/** `mine`: set in yellow, the visitor's own numbers alone. `href`: what it leads to, in a tab beside this one, which may be lending. */
export type Part = string | { mine: string; href?: string };

/** The h1 and the paragraph under it. */
export interface Words {
  headline: Part[];
  lead: Part[];
}

export function plainText(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === "string" ? part : part.mine)).join("");
}
