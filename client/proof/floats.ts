/** Whether a kernel computes with floating-point numbers, of which makes of GPUs may honestly disagree. */

/** A float's type, or a literal with a point, an exponent or a float's suffix. */
const FLOAT = /\b(?:f32|f16|vec[234][fh]|mat[234]x[234][fh])\b|\b\d+\.|\.\d|\b\d+(?:e[+-]?\d+|[fh])\b/;
const COMMENT = /\/\/.*|\/\*[\s\S]*?\*\//g;

export function hasFloats(kernel: string): boolean {
  return FLOAT.test(kernel.replace(COMMENT, ""));
}
