/** Why result bytes are not what was submitted, in the same words on both ways that they come. */
import { IdlewaveError } from "../../shared/errors.ts";
import type { UnitIndex } from "../../shared/ids.ts";

/** An output's length does not stand before it, as section 4 of docs/protocol.md wants it. */
export const WRONG_FRAMING = "the lengths in them are not those of the job's outputs";
export const WRONG_DIGEST = "they do not have the digest that was submitted";

/** `expected`: what each result of the job has, bytes. */
export function wrongLength(bytes: number, expected: number): string {
  return `they are ${bytes.toLocaleString("en")} bytes, and a result of this job has ${expected.toLocaleString("en")}`;
}

export function mismatch(unit: UnitIndex, why: string): IdlewaveError {
  return new IdlewaveError("bytes-mismatch", { unit, why });
}
