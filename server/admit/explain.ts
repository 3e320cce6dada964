/** Holds a manifest against its TypeBox definition, and mends it so far that the rest can be judged in the same go. */
import type { TSchema } from "typebox";
import { Compile } from "typebox/compile";
import { type Manifest, ManifestSchema } from "../../shared/manifest.ts";
import { explain } from "./explain-value.ts";
import type { Faults } from "./faults.ts";
import type { Json, JsonPath } from "./json.ts";
import { type Hole, type Misspelt, pathsAfter, renamed, replaced, without } from "./mended.ts";
import { isOptional, type Schema, sampleOf } from "./schema-words.ts";

const CHECK = Compile(ManifestSchema);
const SCHEMA = ManifestSchema as TSchema as Schema;

/**
 * The manifest that `value` is, or the nearest to it; what is wrong with it goes to `faults`. Unknown members are left out, misspelt ones
 * stand under the names that they were meant to have, and what has another form than it may have is a hole: the least that is allowed
 * there, of which nothing is told. Undefined where there is no manifest at all.
 */
export function explainManifest(value: Json, faults: Faults): Manifest | undefined {
  if (CHECK.Check(value)) return value;
  const unknown: JsonPath[] = [];
  const misspelt: Misspelt[] = [];
  const holes: Hole[] = [];
  explain(SCHEMA, value, [], {
    at: (path, wrong, right) => faults.tell(path, wrong, right),
    unknown: (path, meant, isInside = false) => (meant === undefined ? unknown.push(path) : misspelt.push({ path, meant, isInside })),
    hole: (path, schema) => holes.push(holeAt(path, schema)),
  });
  if (value === null || typeof value !== "object" || Array.isArray(value)) return undefined;
  faults.holes.add(...[...unknown, ...holes.map(({ path }) => path)].map(pathsAfter(misspelt)));
  let known = renamed(replaced(without(value, unknown), holes), misspelt);
  // What is left stands in several places of a definition: its member is not looked at.
  for (const { instancePath } of CHECK.Check(known) ? [] : CHECK.Errors(known)) {
    const [member] = pathOf(instancePath);
    const schema = SCHEMA.properties?.[String(member)];
    if (member === undefined || !schema) return undefined;
    if (faults.list.length === 0) faults.tell([member], "It is none of the forms that are allowed here.", "See GET /schemas/job.json.");
    faults.holes.add([member]);
    known = replaced(known, [holeAt([member], schema)]);
  }
  return CHECK.Check(known) ? known : undefined;
}

function holeAt(path: JsonPath, schema: Schema): Hole {
  return { path, ...(isOptional(schema) ? {} : { instead: sampleOf(schema) }) };
}

function pathOf(pointer: string): JsonPath {
  const steps = pointer.split("/").slice(1);
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : step.replaceAll("~1", "/").replaceAll("~0", "~")));
}
