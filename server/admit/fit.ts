/** Whether a value fits the type it is written as, at its extremes over all units and iterations. */
import { counted } from "../../shared/counted.ts";
import { ExpandError, writeField } from "../../shared/expand.ts";
import type { FieldWrite } from "../../shared/plan.ts";
import type { Sourced, ValueFault } from "./sources.ts";

/** Words of one integer in limbs. */
export const MAX_LIMBS = 1024;
/** Rows of a table that are looked at to count those that do not fit. */
const MAX_COUNTED = 20_000;

const SCRATCH = new DataView(new ArrayBuffer(4 * MAX_LIMBS));

/** Tries the write at its extremes, with the code that volunteers run; `what`: the type, for messages. */
export function misfitsOf(write: FieldWrite, found: Sourced, what: string): ValueFault[] {
  const integral = write.as === "u32" || write.as === "i32" || write.as === "limbs";
  const named = found.reference ? `${found.reference}${found.scaled ? ", scaled," : ""}` : short(found.extremes[0] ?? "");
  const misfits: ValueFault[] = [];
  if (integral && !found.integer) {
    const right = write.as === "limbs" ? "Let it be a whole number." : "Let it be a whole number, or make the field f32.";
    const is = found.reference ? `is not always a whole number${at(found.fraction)}` : "is no whole number";
    misfits.push({ wrong: `${named} ${is}, and ${what} holds whole numbers.`, right });
  }
  const beyond = [...new Set(found.extremes)].filter((extreme) => !fits(write, extreme));
  const others = beyond.length > 0 ? othersBeyond(write, found, beyond.length) : "";
  for (const [index, extreme] of beyond.entries()) {
    const place = at(found.cells?.[found.extremes.indexOf(extreme)]);
    const more = index === beyond.length - 1 ? others : "";
    const reaches = `${named} reaches ${short(extreme)}${place}, which does not fit ${what}${more}.`;
    misfits.push({ wrong: found.reference ? reaches : `${short(extreme)} does not fit ${what}.`, right: rightFor(write, found) });
  }
  if (integral && found.rounds && misfits.length === 0) {
    const wrong = `${named} reaches ${short(found.extremes[1] ?? "")}, and a column with points or exponents is exact up to 2^53 only.`;
    misfits.push({ wrong, right: "Write its numbers in plain digits." });
  }
  return misfits;
}

/** Of a fraction its whole part, where whole numbers are asked for: that it is none is a fault of its own. */
function fits(write: FieldWrite, extreme: string): boolean {
  const integral = write.as !== "f32" && write.as !== "f16";
  const value = Number(extreme);
  if (!integral && !Number.isFinite(value)) return false;
  const offset = integral && Number.isFinite(value) && !Number.isInteger(value) ? String(Math.trunc(value)) : extreme;
  try {
    writeField(SCRATCH, { ...write, offset: 0, value: { scale: "1", offset } }, { units: { count: 1 }, seed: 0n, index: 0 });
    return true;
  } catch (error) {
    if (!(error instanceof ExpandError)) throw error;
    return false;
  }
}

/** How many rows beside those that are told do not fit. */
function othersBeyond(write: FieldWrite, { values }: Sourced, told: number): string {
  let [looked, found] = [0, 0];
  for (const value of values?.() ?? []) {
    if (++looked > MAX_COUNTED) break;
    if (!fits(write, value)) found++;
  }
  const more = found - told;
  return more > 0 ? `; so it is with ${counted(more, "more row")}${looked > MAX_COUNTED ? ` of the first ${MAX_COUNTED}` : ""}` : "";
}

/** ` (rows.csv:3:1)`. */
export function at(cell: (() => string) | undefined): string {
  return cell === undefined ? "" : ` (${cell()})`;
}

function rightFor(write: FieldWrite, found: Sourced): string {
  if (found.source.of?.kind === "unit" && found.source.of.field === "seed")
    return "A seed has 64 bits: make the field vec2<u32>, or take $unit.index, which is another number for each unit too.";
  switch (write.as) {
    case "u32":
      if (found.extremes.some((extreme) => extreme.startsWith("-")))
        return "u32 holds 0 to 4294967295; make the field i32 for numbers below zero.";
      return "u32 holds 0 to 4294967295; make the field vec2<u32> for 64 bits.";
    case "i32":
      return "i32 holds -2147483648 to 2147483647; make the field vec2<u32> for 64 bits.";
    case "limbs":
      return "Use more words, or smaller numbers.";
    case "f16":
      return "f16 holds -65504 to 65504.";
    case "f32":
      return "f32 holds up to 3.4e38.";
    default:
      return write.as satisfies never;
  }
}

/** A long number in its middle cut. */
export function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 20)}…${text.slice(-8)} (${text.length} characters)` : text;
}
