/**
 * Holds a manifest against its TypeBox definition and words what is wrong. TypeBox alone answers a union with the faults
 * of every branch; here the branch the owner meant is found first, by its `kind` or by the keys that are there.
 */
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { counted } from "../../shared/counted.ts";
import { list } from "../../shared/kernel/path.ts";
import { OTHER_TYPE_NAMES } from "../../shared/kernel/type-names.ts";
import { type Manifest, ManifestSchema } from "../../shared/manifest.ts";
import { hiddenIn, PLAIN_LINES_PATTERN, PLAIN_NAME_PATTERN, PLAIN_PATTERN, showsSomething } from "../../shared/plain.ts";
import type { Faults } from "./faults.ts";
import { misfitOf } from "./forms.ts";
import type { Json, JsonPath } from "./json.ts";
import { nearest, suggest } from "./nearest.ts";
import { form, hasType, rightFor, rightForMissing, type Schema, show, spaced, typeName, wholeOf } from "./schema-words.ts";
import { apartOf, type Misspelt, named, renamed, without } from "./without.ts";

/** Where faults go: a collector, or a counter that tries a branch. */
interface Sink extends Pick<Faults, "at"> {
  /**
   * A member that no definition knows, and the name that it was meant to have, if one is near and free; `isInside`: the name of the
   * member that it belongs into.
   */
  unknown(path: JsonPath, meant?: string, isInside?: boolean): unknown;
}

const CHECK = Compile(ManifestSchema);

/**
 * The manifest that `value` is, or undefined; what is wrong with it goes to `faults`. When all that is wrong are unknown
 * members, or values that nothing else is judged by, it is the manifest without them, and with misspelt ones under the names
 * that they were meant to have, so that the rest can be judged in the same go.
 */
export function explainManifest(value: Json, faults: Faults): Manifest | undefined {
  if (CHECK.Check(value)) return value;
  const before = faults.list.length;
  const unknown: JsonPath[] = [];
  const misspelt: Misspelt[] = [];
  const apart: JsonPath[] = [];
  const sink: Sink = {
    at: (path, wrong, right) => {
      apart.push(...apartOf(path));
      faults.at(path, wrong, right);
    },
    unknown: (path, meant, isInside = false) => (meant === undefined ? unknown.push(path) : misspelt.push({ path, meant, isInside })),
  };
  explain(ManifestSchema as TSchema as Schema, value, [], sink);
  const known = named(renamed(without(value, [...unknown, ...apart]), misspelt));
  if (faults.list.length > before && CHECK.Check(known)) return known;
  if (faults.list.length === before) {
    for (const error of CHECK.Errors(value)) faults.at(pathOf(error.instancePath), `It ${error.message}.`, "See GET /schemas/job.json.");
  }
  return undefined;
}

function explain(schema: Schema, value: Json, path: JsonPath, faults: Sink): void {
  if (schema.anyOf) {
    explainUnion(schema.anyOf, value, path, faults);
    return;
  }
  if (schema.const !== undefined) {
    if (value !== schema.const) faults.at(path, `It is ${show(value)}.`, `Only ${show(schema.const)} is known here.`);
    return;
  }
  if (schema.type === undefined) return;
  if (!hasType(schema, value)) {
    const right = isSet(path) ? wholeOf(value) : (inList(schema, value) ?? `Write ${typeName(schema)}. ${rightFor(schema, "")}`.trim());
    faults.at(path, `It is ${show(value)}, where ${typeName(schema)} is expected.`, right);
    return;
  }
  if (typeof value === "string") explainString(schema, value, path, faults);
  else if (typeof value === "number") explainNumber(schema, value, path, faults);
  else if (Array.isArray(value)) explainArray(schema, value, path, faults);
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

function explainString(schema: Schema, value: string, path: JsonPath, faults: Sink): void {
  // As the schema counts them.
  const { length } = [...value];
  if (schema.maxLength !== undefined && length > schema.maxLength) {
    faults.at(path, `It has ${length} characters.`, `At most ${schema.maxLength} are allowed.`);
  } else if (schema.minLength !== undefined && length < schema.minLength) {
    faults.at(path, "It is too short.", `At least ${schema.minLength} characters are needed.`);
  } else if ([PLAIN_PATTERN, PLAIN_LINES_PATTERN, PLAIN_NAME_PATTERN].includes(schema.pattern ?? "")) {
    const hidden = hiddenIn(value, schema.pattern);
    if (hidden) faults.at(path, hiddenText(hidden), "Remove it: it would change how the text around it looks.");
    else if (schema.pattern === PLAIN_NAME_PATTERN && !showsSomething(value))
      faults.at(path, `${show(value)} shows nothing.`, "Write a letter, a number or a sign.");
  } else if (schema.pattern !== undefined && !new RegExp(schema.pattern, "u").test(value)) {
    const misfit = misfitOf(schema.pattern, value, show(value));
    if (misfit) faults.at(path, misfit.wrong, misfit.right);
    else faults.at(path, `${show(value)} has a form that is not allowed here.`, rightFor(schema) || `It must match ${schema.pattern}.`);
  }
}

function hiddenText({ name, before }: { name: string; before: number }): string {
  return `The text has ${name}, which is not seen, after ${counted(before, "character")}.`;
}

function explainNumber(schema: Schema, value: number, path: JsonPath, faults: Sink): void {
  const tell = (limit: string) => faults.at(path, `It is ${value}.`, [limit, schema.description ?? ""].join(" ").trim());
  if (schema.minimum !== undefined && value < schema.minimum) tell(`The least is ${schema.minimum}.`);
  if (schema.maximum !== undefined && value > schema.maximum) tell(`The most is ${schema.maximum}.`);
  if (schema.exclusiveMinimum !== undefined && value <= schema.exclusiveMinimum) tell(`It must be above ${schema.exclusiveMinimum}.`);
}

function explainArray(schema: Schema, value: Json[], path: JsonPath, faults: Sink): void {
  const tuple = Array.isArray(schema.items) ? schema.items : undefined;
  const least = tuple ? tuple.length : (schema.minItems ?? 0);
  const most = tuple ? tuple.length : (schema.maxItems ?? Number.POSITIVE_INFINITY);
  if (value.length < least || value.length > most) {
    const allowed = least === most ? `exactly ${least}` : value.length < least ? `at least ${least}` : `at most ${most}`;
    faults.at(path, `It has ${counted(value.length, "element")}.`, `Give it ${allowed}.`);
    return;
  }
  value.forEach((element, index) => {
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
  }
  const outside = outsideIn(properties, value, meant);
  const held = [...outside.values()].map(([holder]) => holder);
  for (const key of schema.required ?? []) {
    if (!Object.hasOwn(value, key) && ![...meant.values(), ...held].includes(key))
      faults.at(path, `${key} is missing.`, rightForMissing(key, properties[key], path));
  }
  for (const [key, child] of Object.entries(value)) {
    const known = isKnown(key) ? properties[key] : patterns.find(([pattern]) => new RegExp(pattern, "u").test(key))?.[1];
    if (known) explain(known, child, [...path, key], faults);
    else if (typeof schema.additionalProperties === "object") explain(schema.additionalProperties, child, [...path, key], faults);
    else if (patterns.length > 0) faults.at([...path, key], `${show(key)} is no name that WGSL allows.`, "Use letters, digits and _.");
    else if (outside.has(key)) {
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
      faults.at([...path, key], `${show(key)} is unknown here.`, suggest(key, names, `Known are ${names.join(", ")}.`));
      const schemaOfNear = near === undefined ? undefined : properties[near];
      if (schemaOfNear) explain(schemaOfNear, child, [...path, key], faults);
    }
  }
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

function explainUnion(branches: Schema[], value: Json, path: JsonPath, faults: Sink): void {
  if (branches.some((branch) => fits(branch, value))) return;
  if (branches.every((branch) => branch.const !== undefined)) {
    const names = branches.map((branch) => String(branch.const));
    const right = `It is one of ${names.join(", ")}.`;
    const isType = names.includes("f32");
    const alias = typeof value === "string" && isType ? OTHER_TYPE_NAMES[value.toLowerCase()] : undefined;
    // Types with names alike are others: u16 is no slip of the pen for f16.
    const isWord = typeof value === "string" && !(isType && /^[a-z]\d+$/.test(value));
    faults.at(path, `It is ${show(value)}.`, alias ?? (isWord ? suggest(value, names, right) : right));
    return;
  }
  if (typeof value === "string" && branches.some(({ properties }) => properties?.file)) {
    faults.at(path, `It is ${show(value)}.`, `Write {"file": ${show(value)}} to start from a file, or "zero".`);
    return;
  }
  if (typeof value === "string" && branches.some((branch) => branch.const !== undefined)) {
    const words = branches.flatMap((branch) => (branch.const === undefined ? [] : [String(branch.const)]));
    faults.at(path, `It is ${show(value)}.`, suggest(value, words, `Write ${branches.map(form).join(" or ")}.`));
    return;
  }
  const rivals = rivalsIn(branches, value);
  if (rivals.length > 1) {
    faults.at(path, `${rivals.join(" and ")} exclude each other.`, `Keep one of them: ${rivals.join(" or ")}.`);
    return;
  }
  const meant = branchFor(branches, value);
  if (meant) {
    explain(meant, value, path, faults);
    return;
  }
  const kinds = branches.flatMap((branch) => (branch.properties?.kind?.const === undefined ? [] : [String(branch.properties.kind.const)]));
  if (kinds.length > 0 && value !== null && typeof value === "object" && !Array.isArray(value)) {
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
  if (kinds.length > 0) {
    const kind = typeof value === "string" ? (kinds.find((known) => known === value) ?? nearest(value, kinds)) : undefined;
    const branch = branches.find((candidate) => candidate.properties?.kind?.const === (kind ?? kinds[0]));
    const example = branch?.examples?.[0] ?? { kind: kind ?? kinds[0] ?? "" };
    faults.at(
      path,
      `${show(value)} is no object with a kind.`,
      `Write ${spaced(example)}${kind === undefined ? `. Its kind is one of ${kinds.join(", ")}.` : "."}`,
    );
    return;
  }
  if (value !== null && typeof value === "object" && !Array.isArray(value)) {
    const keys = branches.flatMap((branch) => Object.keys(branch.properties ?? {}));
    for (const key of Object.keys(value)) {
      const meantKey = nearest(key, keys);
      if (meantKey) {
        faults.at([...path, key], `${show(key)} is unknown here.`, `Did you mean ${meantKey}?`);
        return;
      }
    }
  }
  const held = branches.flatMap((branch) => holderOf(branch, value));
  const right = held.length === 1 ? held : branches.map(form);
  faults.at(path, `${show(value)} is none of the forms that are allowed here.`, `Write ${right.join(" or ")}.`);
}

/** `{"count": 1}` where 1 alone was written. */
function holderOf({ properties = {}, required = [] }: Schema, value: Json): string[] {
  const [key, another] = required;
  const schema = key === undefined || another !== undefined ? undefined : properties[key];
  return key !== undefined && schema && fits(schema, value) ? [spaced({ [key]: value })] : [];
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
  explain(schema, value, [], { at: () => void count++, unknown: () => {} });
  return count === 0;
}

function pathOf(pointer: string): JsonPath {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
}
