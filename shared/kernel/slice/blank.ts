/** Entry points made plain functions in place: their attributes become blanks, so that lines and columns stay. */
import type { AttributeElem, FnElem } from "wesl/core";
import { isOfEntryPoint } from "./entry.ts";

/** UTF-16 units other than WGSL's line breaks. */
const NOT_A_LINE_BREAK = /[^\n\v\f\r\u0085\u2028\u2029]/g;

/**
 * `text` with the entry-point attributes of `functions`, and all of their parameters', blanked out. `@diagnostic` stays on the
 * function that it is about.
 */
export function blankAttributes(text: string, functions: readonly FnElem[]): string {
  const spans = functions
    .flatMap((fn) => [
      ...(fn.attributes ?? []).filter(isOfEntryPoint),
      ...fn.params.flatMap((param): AttributeElem[] => param.attributes ?? []),
    ])
    .sort((a, b) => a.start - b.start);
  let blanked = "";
  let at = 0;
  for (const { start, end } of spans) {
    blanked += text.slice(at, start) + text.slice(start, end).replace(NOT_A_LINE_BREAK, " ");
    at = end;
  }
  return blanked + text.slice(at);
}
