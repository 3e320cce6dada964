/** The public answers in `shaders/<job>/reference.json`, and whether a job's results are one. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import Type, { type Static } from "typebox";
import Value from "typebox/value";
import type { Connection } from "../api.ts";
import { fetchResults } from "../results.ts";

const ReferenceSchema = Type.Union([
  /** The reduction's value, integers as decimal strings. */
  Type.Object({ output: Type.String(), format: Type.Literal("json"), value: Type.Unknown() }),
  /** SHA-256 of the picture's pixels row by row, as `raw` has them. */
  Type.Object({ output: Type.String(), format: Type.Literal("raw"), sha256: Type.Object({ byRows: Type.String() }) }),
]);
export type Reference = Static<typeof ReferenceSchema>;

/** Throws when the file is missing or has another shape. */
export async function readReference(dir: string): Promise<Reference> {
  const reference: unknown = JSON.parse(await readFile(join(dir, "reference.json"), "utf8"));
  if (Value.Check(ReferenceSchema, reference)) return reference;
  throw new Error(`${dir}/reference.json has another shape than the demo reads`);
}

export interface Comparison {
  matches: boolean;
  /** What came out, in a few characters. */
  got: string;
}

/** Fetches the results as an owner does and compares them. */
export async function compareWithReference(connection: Connection, job: number, reference: Reference): Promise<Comparison> {
  const { response, holes } = await fetchResults(connection, job, { format: reference.format, output: reference.output, partial: false });
  if (reference.format === "json") {
    const { value } = (await response.json()) as { value: unknown };
    return { matches: holes === 0 && text(value) === text(reference.value), got: text(value).slice(0, 60) };
  }
  const sha256 = createHash("sha256")
    .update(new Uint8Array(await response.arrayBuffer()))
    .digest("hex");
  return { matches: holes === 0 && sha256 === reference.sha256.byRows, got: `SHA-256 ${sha256.slice(0, 12)}…` };
}

/** Numbers and decimal strings alike. */
function text(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
