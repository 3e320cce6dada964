/** What is written into a job's bindings for one unit, as decimals. */
import { concatBytes } from "../../shared/bytes.ts";
import { evaluate, unitScope } from "../../shared/expand.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { Unit } from "../../shared/unit.ts";
import type { BlobStore } from "../core/blob-store.ts";

const MAX_LISTED = 100;

/** The first fields, and how many there are. What a pass sets is the same for every unit and not among them. */
export async function inputsOf(plan: JobPlan, unit: number, blobs: BlobStore): Promise<Pick<Unit, "inputs" | "inputCount">> {
  const scope = unitScope(plan, unit, await rowOf(plan, unit, blobs));
  const inputs: Unit["inputs"] = [];
  let inputCount = 0;
  for (const { name, writes } of plan.buffers) {
    inputCount += writes.length;
    for (const { offset, as, value } of writes.slice(0, MAX_LISTED - inputs.length))
      inputs.push({ binding: name, offset, type: as, value: String(evaluate(value, scope)) });
  }
  return { inputs, inputCount };
}

async function rowOf({ rows }: JobPlan, unit: number, blobs: BlobStore): Promise<Uint8Array | undefined> {
  if (!rows) return undefined;
  const parts: Uint8Array[] = [];
  for await (const part of blobs.stream(rows.blob, unit * rows.rowBytes, (unit + 1) * rows.rowBytes)) parts.push(part as Buffer);
  return concatBytes(parts);
}
