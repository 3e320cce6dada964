/**
 * Words what is wrong with a value by its JSON Schema. TypeBox alone answers a union with the faults of every branch; here the branch
 * the owner meant is found first, by its `kind` or by the keys that are there.
 */
import { counted } from "../../shared/counted.ts";
import { list } from "../../shared/kernel/path.ts";
import { misfitsOfNumber, misfitsOfText } from "./forms.ts";
import type { Json, JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";
import { form, hasType, rightFor, rightForMissing, type Schema, show, spaced, typeName, wayToType, wholeOf } from "./schema-words.ts";

/** Where faults go: a collector, or a counter that tries a branch. */
export interface Sink {
  at(path: JsonPath, wrong: string, right: string): void;
  /**
   * A member that no definition knows, and the name that it was meant to have, if one is near and free; `isInside`: the name of the
   * member that it belongs into.
   */
  unknown(path: JsonPath, meant?: string, isInside?: boolean): void;
  /** What stands at `path`, or is missing there, is none of `schema`: it has a fault, and nothing is known of it. */
  hole(path: JsonPath, schema: Schema): void;
}

/** Words what is wrong with `value`, at `path`, by `schema`. */
export function explain(schema: Schema, value: Json, path: JsonPath, faults: Sink): void {
  if (schema.anyOf) {
    explainUnion(schema, value, path, faults);
    return;
  }
  if (schema.const !== undefined) {
    if (value === schema.const) return;
    faults.at(path, `It is ${show(value)}.`, `Only ${show(schema.const)} is known here.`);
    faults.hole(path, schema);
    return;
  }
  if (schema.type === undefined) return;
  if (!hasType(schema, value)) {
    const right = isSet(path) ? wholeOf(value) : (inList(schema, value) ?? `Write ${typeName(schema)}. ${rightFor(schema, "")}`.trim());
    faults.at(path, `It is ${show(value)}, where ${typeName(schema)} is expected.`, right);
    faults.hole(path, schema);
    return;
  }
  const misfits =
    typeof value === "string" ? misfitsOfText(schema, value) : typeof value === "number" ? misfitsOfNumber(schema, value) : [];
  for (const { wrong, right } of misfits) faults.at(path, wrong, right);
  if (misfits.length > 0) faults.hole(path, schema);
  if (Array.isArray(value)) explainArray(schema, value, path, faults);
  else if (value !== null && typeof value === "object") explainObject(schema, value, path, faults);
}

/** One element where a list of such is expected. */
function inList({ items }: Schema, value: Json): string | undefined {
  return items && !Array.isArray(items) && fits(items, value) ? `Write ${spaced([value])}.` : undefined;
}

/** What a binding is set to: `bindings.x.set`, `passes[0].set.x`. */
function isSet([first, second, third, ...more]: JsonPath): boolean {
  if (third !== "set") return false;
  return first === "bindings" ? more.length === 0 : first === "passes" && typeof second === "number" && more.length === 1;
}

function explainArray(schema: Schema, value: Json[], path: JsonPath, faults: Sink): void {
  const tuple = Array.isArray(schema.items) ? schema.items : undefined;
  const least = tuple ? tuple.length : (schema.minItems ?? 0);
  const most = tuple ? tuple.length : (schema.maxItems ?? Number.POSITIVE_INFINITY);
  if (value.length < least || value.length > most) {
    const allowed = least === most ? `exactly ${least}` : value.length < least ? `at least ${least}` : `at most ${most}`;
    faults.at(path, `It has ${counted(value.length, "element")}.`, `Give it ${allowed}.`);
    faults.hole(path, schema);
  }
  value.slice(0, most).forEach((element, index) => {
    const item = tuple ? tuple[index] : (schema.items as Schema | undefined);
    if (item) explain(item, element, [...path, index], faults);
  });
}

function explainObject(schema: Schema, value: { [key: string]: Json }, path: JsonPath, faults: Sink): void {
  const properties = schema.properties ?? {};
  const patterns = Object.entries(schema.patternProperties ?? {});
  const names = Object.keys(properties);
  const isKnown = (key: string) => Object.hasOwn(properties, key);
  // The first unknown member that is near a name which is not there was meant for it.
  const meant = new Map<string, string>();
  if (patterns.length === 0 && typeof schema.additionalProperties !== "object") {
    for (const key of Object.keys(value)) {
      const near = isKnown(key) ? undefined : nearest(key, names);
      if (near !== undefined && !Object.hasOwn(value, near) && ![...meant.values()].includes(near)) meant.set(key, near);
    }
    for (const [key, missing] of misnamed(schema, value, meant)) meant.set(key, missing);
  }
  const outside = outsideIn(properties, value, meant);
  const held = [...outside.values()].map(([holder]) => holder);
  for (const key of schema.required ?? []) {
    if (Object.hasOwn(value, key) || [...meant.values(), ...held].includes(key)) continue;
    faults.at(path, `${key} is missing.`, rightForMissing(key, properties[key], path));
    faults.hole([...path, key], properties[key] ?? {});
  }
  for (const [key, child] of Object.entries(value)) {
    const known = isKnown(key) ? properties[key] : patterns.find(([pattern]) => new RegExp(pattern, "u").test(key))?.[1];
    if (known) explain(known, child, [...path, key], faults);
    else if (typeof schema.additionalProperties === "object") explain(schema.additionalProperties, child, [...path, key], faults);
    else if (patterns.length > 0) {
      faults.at([...path, key], `${show(key)} is no name that WGSL allows.`, "Use letters, digits and _.");
      faults.unknown([...path, key]);
      for (const [, schemaOfOthers] of patterns) explain(schemaOfOthers, child, [...path, key], faults);
    } else if (outside.has(key)) {
      const [holder, keys] = outside.get(key) ?? ["", [key]];
      faults.unknown([...path, key], holder, true);
      if (keys[0] === key) {
        const inner = Object.fromEntries(keys.map((each) => [each, value[each] ?? null]));
        faults.at(
          [...path, key],
          `${list(keys.map(show))} ${keys.length === 1 ? "is" : "are"} unknown here.`,
          `Write "${holder}": ${spaced(inner)}.`,
        );
      }
    } else {
      const near = meant.get(key);
      faults.unknown([...path, key], near);
      const right = near === undefined ? suggest(key, names, `Known are ${names.join(", ")}.`) : `Did you mean ${near}?`;
      faults.at([...path, key], `${show(key)} is unknown here.`, right);
      const schemaOfNear = near === undefined ? undefined : properties[near];
      if (schemaOfNear) explain(schemaOfNear, child, [...path, key], faults);
    }
  }
}

/** The only unknown member, with the only one that is missing: where its value is good for that, it has another name than it should. */
function misnamed(
  { properties = {}, required = [] }: Schema,
  value: { [key: string]: Json },
  meant: ReadonlyMap<string, string>,
): [string, string][] {
  const missing = required.filter((key) => !Object.hasOwn(value, key) && ![...meant.values()].includes(key));
  const unknown = Object.keys(value).filter((key) => !Object.hasOwn(properties, key) && !meant.has(key));
  const [[key], [name]] = [unknown, missing];
  if (key === undefined || name === undefined || unknown.length + missing.length > 2) return [];
  const schema = properties[name];
  return schema && fits(schema, value[key] ?? null) ? [[key, name]] : [];
}

/** Unknown members that belong into another member, which is not there: its name, and all that belong into it. */
function outsideIn(
  properties: Record<string, Schema>,
  value: { [key: string]: Json },
  meant: ReadonlyMap<string, string>,
): Map<string, [holder: string, keys: string[]]> {
  const outside = new Map<string, [string, string[]]>();
  for (const [holder, { anyOf = [] }] of Object.entries(properties)) {
    if (Object.hasOwn(value, holder)) continue;
    const keys = Object.keys(value).filter((key) => !Object.hasOwn(properties, key) && !meant.has(key) && !outside.has(key));
    const inner = anyOf.map((branch) => keys.filter((key) => Object.hasOwn(branch.properties ?? {}, key)));
    const [most = []] = inner.sort((a, b) => b.length - a.length);
    for (const key of most) outside.set(key, [holder, most]);
  }
  return outside;
}

function explainUnion(schema: Schema, value: Json, path: JsonPath, faults: Sink): void {
  const { anyOf: branches = [] } = schema;
  if (branches.some((branch) => fits(branch, value))) return;
  const meant = meantBranch(branches, value);
  if (meant) explain(meant, value, path, faults);
  else if (rivalsIn(branches, value).length > 1 || !tellMisspelt(branches, value, path, faults)) {
    tellUnion(branches, value, path, faults);
    faults.hole(path, schema);
  }
}

function tellUnion(branches: Schema[], value: Json, path: JsonPath, faults: Sink): void {
  const names = branches.flatMap((branch) => (branch.const === undefined ? [] : [String(branch.const)]));
  if (names.length === branches.length) {
    const right = `It is one of ${names.join(", ")}.`;
    const way = typeof value !== "string" ? right : names.includes("f32") ? wayToType(value, names, right) : suggest(value, names, right);
    faults.at(path, `It is ${show(value)}.`, way);
    return;
  }
  if (typeof value === "string" && branches.some(({ properties }) => properties?.file)) {
    faults.at(path, `It is ${show(value)}.`, `Write {"file": ${show(value)}} to start from a file, or "zero".`);
    return;
  }
  if (typeof value === "string" && names.length > 0) {
    faults.at(path, `It is ${show(value)}.`, suggest(value, names, `Write ${branches.map(form).join(" or ")}.`));
    return;
  }
  const rivals = rivalsIn(branches, value);
  if (rivals.length > 1) {
    faults.at(path, `${rivals.join(" and ")} exclude each other.`, `Keep one of them: ${rivals.join(" or ")}.`);
    return;
  }
  const kinds = branches.flatMap((branch) => (branch.properties?.kind?.const === undefined ? [] : [String(branch.properties.kind.const)]));
  if (kinds.length > 0) {
    tellKind(branches, kinds, value, path, faults);
    return;
  }
  const held = branches.flatMap((branch) => holderOf(branch, value));
  const right = held.length === 1 ? held : branches.map(form);
  faults.at(path, `${show(value)} is none of the forms that are allowed here.`, `Write ${right.join(" or ")}.`);
}

function tellKind(branches: Schema[], kinds: string[], value: Json, path: JsonPath, faults: Sink): void {
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const right = `It is one of ${kinds.join(", ")}.`;
    if (value.kind === undefined) faults.at(path, "kind is missing.", right);
    else
      faults.at(
        [...path, "kind"],
        `It is ${show(value.kind)}.`,
        typeof value.kind === "string" ? suggest(value.kind, kinds, right) : right,
      );
    return;
  }
  const kind = typeof value === "string" ? (kinds.find((known) => known === value) ?? nearest(value, kinds)) : undefined;
  const branch = branches.find((candidate) => candidate.properties?.kind?.const === (kind ?? kinds[0]));
  const example = branch?.examples?.[0] ?? { kind: kind ?? kinds[0] ?? "" };
  faults.at(
    path,
    `${show(value)} is no object with a kind.`,
    `Write ${spaced(example)}${kind === undefined ? `. Its kind is one of ${kinds.join(", ")}.` : "."}`,
  );
}

/** Tells a member that makes a branch under another name; false where there is none. */
function tellMisspelt(branches: Schema[], value: Json, path: JsonPath, faults: Sink): boolean {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return false;
  const names = branches.flatMap(({ properties = {} }) => Object.keys(properties));
  if (names.includes("kind")) return false;
  for (const [key, child] of Object.entries(value)) {
    const meant = names.includes(key) ? undefined : nearest(key, names);
    const schema = branches.flatMap(({ properties = {} }) => (meant === undefined ? [] : (properties[meant] ?? [])))[0];
    if (meant === undefined || !schema) continue;
    faults.at([...path, key], `${show(key)} is unknown here.`, `Did you mean ${meant}?`);
    faults.unknown([...path, key], meant);
    explain(schema, child, [...path, key], faults);
    return true;
  }
  return false;
}

/** The branch that `value` was meant for, unless its form says that several, or another than it has, were meant. */
function meantBranch(branches: Schema[], value: Json): Schema | undefined {
  const isText = typeof value === "string" && branches.some((branch) => branch.const !== undefined || branch.properties?.file);
  return isText || rivalsIn(branches, value).length > 1 ? undefined : branchFor(branches, value);
}

/** `{"count": 1}` where 1 alone was written; of members that may be left out the first that is good for it and has an example. */
function holderOf({ properties = {}, required = [] }: Schema, value: Json): string[] {
  const examples = Object.keys(properties).filter((key) => properties[key]?.examples);
  const keys = required.length === 0 ? examples : required.length === 1 ? required : [];
  const key = keys.find((each) => properties[each] && fits(properties[each], value));
  return key === undefined ? [] : [spaced({ [key]: value })];
}

/** Members of `value` of which each makes another branch and is none of the others'. */
function rivalsIn(branches: Schema[], value: Json): string[] {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return [];
  const knows = (branch: Schema, key: string) => Object.hasOwn(branch.properties ?? {}, key);
  return branches.flatMap((branch) => {
    const keys = (branch.required ?? []).filter((key) => key !== "kind" && Object.hasOwn(value, key));
    return keys.filter((key) => !branches.some((other) => other !== branch && knows(other, key))).slice(0, 1);
  });
}

/** The branch that `value` was meant for. */
function branchFor(branches: Schema[], value: Json): Schema | undefined {
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    const typed = branches.filter((branch) => hasType(branch, value));
    return typed.length === 1 ? typed[0] : undefined;
  }
  const kind = value.kind;
  const objects = branches.filter((branch) => branch.type === "object");
  const byKind = objects.find((branch) => branch.properties?.kind?.const !== undefined && branch.properties.kind.const === kind);
  if (byKind) return byKind;
  if (objects.some((branch) => branch.properties?.kind)) return undefined;
  if (objects.length === 1) return objects[0];
  return objects.find((branch) => (branch.required ?? []).some((key) => Object.hasOwn(value, key)));
}

function fits(schema: Schema, value: Json): boolean {
  let count = 0;
  explain(schema, value, [], { at: () => void count++, unknown: () => {}, hole: () => {} });
  return count === 0;
}
