/** What a value was and what its JSON Schema allows, in words for whoever wrote it. */

import { plainJson } from "../../shared/plain.ts";

const MAX_SHOWN_CHARACTERS = 60;

/** The parts of a JSON Schema that requests and settings use. */
export interface ValueSchema {
  type?: string;
  const?: unknown;
  anyOf?: ValueSchema[];
  properties?: Record<string, ValueSchema>;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  description?: string;
  examples?: unknown[];
}

/** The value as JSON, cut when it is long. */
export function shown(value: unknown): string {
  const text = value === undefined ? "missing" : plainJson(value);
  return text.length > MAX_SHOWN_CHARACTERS ? `${text.slice(0, MAX_SHOWN_CHARACTERS)}…` : text;
}

/** What is allowed, in words that follow "it must be", without a full stop. */
export function wordsOf(schema: ValueSchema): string {
  if (schema.anyOf) return listed(schema.anyOf.map((each) => String(each.const)));
  if (schema.type === "integer") {
    const { minimum, maximum } = schema;
    if (minimum !== undefined && maximum !== undefined) return `a whole number from ${minimum} to ${maximum}`;
    return minimum === undefined ? "a whole number" : `a whole number from ${minimum}`;
  }
  if (schema.type === "boolean") return "true or false";
  if (schema.type !== "string") return `a ${schema.type ?? "value"}`;
  if (schema.pattern !== undefined) return schema.description?.replace(/\.$/, "") ?? `text of the form ${schema.pattern}`;
  return `text of ${schema.minLength ?? 0} to ${schema.maxLength ?? "any number of"} characters`;
}

/** `a, b or c`. */
function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
