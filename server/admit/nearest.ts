/** "Did you mean": the known name closest to a misspelt one. */

/** Longer names are not compared: the work is the product of the lengths. */
const MAX_LENGTH = 64;

/** A shorter beginning says too little. */
const LEAST_BEGINNING = 5;

/** The closest of `known`, or undefined when none is close. A plural is close, however short the name is. */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  // Of a name of one or two letters everything is close.
  let bestDistance = name.length < 3 ? 1 : Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    if (candidate === `${name}es`) return candidate;
    if (candidate.length > MAX_LENGTH || Math.abs(candidate.length - name.length) >= bestDistance) continue;
    const distance = candidate.toLowerCase() === name.toLowerCase() ? 0 : editDistance(name, candidate);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? begunBy(name, known);
}

/** The only one that begins with `name`: the rest was left out. */
function begunBy(name: string, known: Iterable<string>): string | undefined {
  if (name.length < LEAST_BEGINNING) return undefined;
  const begun = [...known].filter((candidate) => candidate.startsWith(name));
  return begun.length === 1 ? begun[0] : undefined;
}

/** `Did you mean X?` or else what there is. */
export function suggest(name: string, known: readonly string[], otherwise: string): string {
  const found = nearest(name, known);
  return found === undefined ? otherwise : `Did you mean ${found}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? 0) + 1 : replaced;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
