/** What to do about what Tint says, where its words show it. */

/** One sentence; `message` may have Tint's candidates below its first line. */
export function deedFor(message: string): string {
  const [first = "", ...lines] = message.trim().split("\n");
  if (/^no matching /.test(first)) {
    const nearest = nearestOf(lines);
    const one = nearest && /\bT\b.*\bT\b/.test(nearest) ? ", each T one and the same type" : "";
    if (nearest) return `The nearest form is ${nearest}${one}: convert what does not fit, as u32(x) and f32(x) do.`;
  }
  const [, target] = /^cannot (?:assign|convert value of type) '[^']*' to (?:type )?'([^']*)'/.exec(first) ?? [];
  if (target) return `Give it the type ${target}: by ${target}(…), or by another declaration.`;
  if (/^cannot index into expression of type 'array</.test(first))
    return "Index it with [i]: members such as .x are a vector's or a struct's.";
  return "Mend it: this is what every browser's WebGPU will say.";
}

/** The candidate of which most fits: Tint marks what does not. */
function nearestOf(lines: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const [, form] = /^\s*\u2022\s*'(.*)'/.exec(line) ?? [];
    const misfits = line.split("\u2717").length - 1;
    if (form === undefined || misfits >= least) continue;
    least = misfits;
    nearest = form.replaceAll(/\s*[\u2713\u2717]\s*/g, "").trim();
  }
  return nearest;
}
