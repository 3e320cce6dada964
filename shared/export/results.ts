/** The results of one output of a job on their way into a file. */
import { type ErrorDetails, IdlewaveError } from "../errors.ts";
import type { JobPlan, OutputPlan } from "../plan.ts";
import type { Pieces } from "../reduce/pieces.ts";

export interface ResultsMeta {
  /** Number of the job. */
  job: number;
  /** Its short name. */
  name: string;
  /** True when every unit is final: then there are no holes, and formats that cannot list any may be used. */
  complete: boolean;
}

export interface Results {
  plan: JobPlan;
  output: OutputPlan;
  pieces: Pieces;
  meta: ResultsMeta;
}

export type Chunks = AsyncGenerator<Uint8Array>;

/** A `bad-format` error: why these results cannot be written so. */
export function badFormat(format: string, why: string): IdlewaveError {
  const details: ErrorDetails = { format, why };
  return new IdlewaveError("bad-format", details);
}

/** Throws `bad-format` when units are missing or failed and the format has no place to say which. */
export function needComplete(results: Results, format: string, others: string): void {
  if (!results.meta.complete) throw badFormat(format, `units are missing and it cannot say which; ${others} can`);
}
