/** A word about split files whose records do not fill the last unit, so that a kernel takes zeros for records. */
import type { Manifest } from "../../shared/manifest.ts";
import type { BufferPlan, FieldWrite, PassPlan } from "../../shared/plan.ts";
import type { SizedBinding } from "./buffers.ts";
import type { Faults } from "./faults.ts";
import { MAX_CHUNK_BYTES, type Units } from "./units.ts";

/** Divisors are looked for up to here, and with them those that they leave: all of them for 2^40 records. */
const MAX_DIVISOR = 2 ** 20;
/** A divisor that is so many times smaller or larger makes other units than were asked for. */
const MAX_FACTOR = 8;

/**
 * Warns where the last unit's piece is padded, unless the job hands a kernel the number of records that are left, `records -
 * recordsPerUnit * $unit.index`: from that it can tell which are none. In all units but the last that is more than they hold,
 * so a guard by it alone lets invocations beyond the piece through: the least of it and `recordsPerUnit` is the guard.
 */
export function warnPadded(
  manifest: Manifest,
  units: Units,
  sized: ReadonlyMap<string, SizedBinding>,
  buffers: readonly BufferPlan[],
  passes: readonly PassPlan[],
  faults: Faults,
): void {
  const count = units.space?.count;
  const writes = [...buffers.flatMap((buffer) => buffer.writes), ...passes.flatMap(({ set }) => set.map(({ write }) => write))];
  for (const { binding, fileBytes, pieces } of units.splits.values()) {
    const init = manifest.bindings?.[binding]?.init;
    const found = sized.get(binding);
    if (!found || typeof init !== "object" || !("file" in init) || !init.split) continue;
    const { recordBytes, recordsPerUnit } = init.split;
    const records = fileBytes / recordBytes;
    const last = records % recordsPerUnit;
    if (last === 0 || count !== pieces || writes.some((write) => isLeft(write, records, recordsPerUnit))) continue;
    // A runtime-sized array is as long as its piece.
    const room = found.elements === null ? Math.min(MAX_CHUNK_BYTES, found.byteLength) : MAX_CHUNK_BYTES;
    const fitting = divisorsBeside(records, recordsPerUnit, Math.floor(room / recordBytes));
    const otherwise = fitting.length === 0 ? "Set" : `Let it be ${fitting.join(" or ")}, or set`;
    faults.warnAt(
      ["bindings", binding, "init", "split", "recordsPerUnit"],
      `the last unit gets ${last} of ${records} records and ${recordsPerUnit - last} of zeros, which a kernel that is not told takes for records. ${otherwise} a number of the kernel, left say, to {"of": "$unit.index", "scale": ${-recordsPerUnit}, "offset": ${records}}, the records from its unit's first on, and let it skip what is not below min(left, ${recordsPerUnit}).`,
    );
  }
}

function isLeft({ value: { of, scale, offset } }: FieldWrite, records: number, recordsPerUnit: number): boolean {
  return of?.kind === "unit" && of.field === "index" && Number(scale) === -recordsPerUnit && Number(offset) === records;
}

/** The next smaller and the next larger divisor of `records`, as far as they are near and at most `most`. */
function divisorsBeside(records: number, wanted: number, most: number): number[] {
  let [below, above] = [0, Number.POSITIVE_INFINITY];
  for (let divisor = 1; divisor <= MAX_DIVISOR && divisor * divisor <= records; divisor++) {
    if (records % divisor !== 0) continue;
    for (const each of [divisor, records / divisor]) {
      if (each < wanted) below = Math.max(below, each);
      else above = Math.min(above, each);
    }
  }
  return [below, above].filter((each) => each * MAX_FACTOR >= wanted && each <= Math.min(most, wanted * MAX_FACTOR));
}
