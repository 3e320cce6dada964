/** What a part of the manifest's definition allows, in words for whoever wrote something else. */
import { IsOptional } from "typebox";
import { OTHER_TYPE_NAMES } from "../../shared/kernel/type-names.ts";
import { fieldOf } from "./faults.ts";
import type { Json, JsonPath } from "./json.ts";
import { suggest } from "./nearest.ts";

/** The parts of JSON Schema that the manifest's definition uses. */
export interface Schema {
  type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  const?: Json;
  anyOf?: Schema[];
  properties?: Record<string, Schema>;
  patternProperties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema | Schema[];
  minItems?: number;
  maxItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  description?: string;
  examples?: Json[];
}

/** It may be left out where it is a member. */
export function isOptional(schema: Schema): boolean {
  return IsOptional(schema);
}

/** Of all strings that the manifest asks for one is good: a name and a path, a number, a reference. */
const SAMPLE_TEXTS = ["x", "0", "$unit.index"];

/** The least that a part of the manifest may be. */
export function sampleOf(schema: Schema): Json {
  if (schema.const !== undefined) return schema.const;
  const [branch] = schema.anyOf ?? [];
  if (branch) return sampleOf(branch);
  switch (schema.type) {
    case "object":
      return Object.fromEntries((schema.required ?? []).map((key) => [key, sampleOf(schema.properties?.[key] ?? {})]));
    case "array":
      return Array.isArray(schema.items)
        ? schema.items.map(sampleOf)
        : Array.from({ length: schema.minItems ?? 0 }, () => sampleOf((schema.items as Schema | undefined) ?? {}));
    case "string":
      return SAMPLE_TEXTS.find((text) => schema.pattern === undefined || new RegExp(schema.pattern, "u").test(text)) ?? "";
    case "number":
    case "integer":
      return schema.minimum ?? (schema.exclusiveMinimum ?? -1) + 1;
    case "boolean":
      return false;
    case undefined:
      return null;
    default:
      return schema.type satisfies never;
  }
}

/** Where to write what: `Write "recordBytes": 16 in bindings.x.init.split: bytes of one record.` */
export function rightForMissing(key: string, schema: Schema | undefined, path: JsonPath): string {
  const example = schema?.examples?.[0];
  const value = example === undefined ? "…" : spaced(example);
  const where = path.length === 0 ? "in job.json" : `in ${fieldOf(path)}`;
  const { description = "" } = schema ?? {};
  const about = description === "" ? "." : `: ${description.charAt(0).toLowerCase()}${description.slice(1)}`;
  return `Write ${JSON.stringify(key)}: ${value} ${where}${about}`;
}

/** JSON on one line, a blank after each comma and colon. */
export function spaced(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, part]) => `${JSON.stringify(key)}: ${spaced(part)}`)
    .join(", ")}}`;
}

export function form(schema: Schema): string {
  if (schema.const !== undefined) return show(schema.const);
  if (schema.properties)
    return `{${Object.keys(schema.properties)
      .map((key) => `"${key}": …`)
      .join(", ")}}`;
  return typeName(schema);
}

export function hasType(schema: Schema, value: Json): boolean {
  switch (schema.type) {
    case "object":
      return value !== null && typeof value === "object" && !Array.isArray(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    case undefined:
      return schema.const !== undefined && schema.const === value;
    default:
      return typeof value === schema.type;
  }
}

export function typeName(schema: Schema): string {
  const names = {
    object: "an object",
    array: "a list",
    string: "a text",
    number: "a number",
    integer: "a whole number",
    boolean: "true or false",
  };
  return schema.type ? names[schema.type] : "something else";
}

export function rightFor(schema: Schema, otherwise = `Write ${typeName(schema)}.`): string {
  const example = schema.examples?.[0];
  const parts = [schema.description ?? "", example === undefined ? "" : `For example ${JSON.stringify(example)}.`];
  return parts.filter((part) => part !== "").join(" ") || otherwise;
}

export function show(value: Json): string {
  if (Array.isArray(value)) return "a list";
  if (value !== null && typeof value === "object") return "an object";
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** A binding's value that stands where its members are expected. */
export function wholeOf(value: Json): string {
  const text = spaced(value);
  return `Write {"": ${text.length > 60 ? show(value) : text}}: "" stands for the whole binding, a member's name for that member.`;
}

/** Of types, those with names alike are others: u16 is no slip of the pen for f16. */
export function wayToType(name: string, known: readonly string[], otherwise: string): string {
  return OTHER_TYPE_NAMES[name.toLowerCase()] ?? (/^[a-z]\d+$/.test(name) ? otherwise : suggest(name, known, otherwise));
}
