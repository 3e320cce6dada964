/**
 * What slices of one dispatch write when each runs alone. Outputs that begin as zeros are filled with two patterns that differ
 * in every byte: what both runs of a slice agree on it has written, all else is still the pattern. Outputs that begin as
 * something else, or whose kernel turns out to read them, begin as they are: what has changed was written.
 *
 * `T`: no two slices write the same byte, and none reads what it writes; `R`: some read it; `E`: slices write the same bytes,
 * and agree. Null: what slices write alone is not what the whole writes, so only all of them together give the result.
 */
import type { JobPlan } from "../../shared/plan.ts";
import type { Engine, StateSpan, UnitInput, WorkgroupBox } from "../engine/seam.ts";
import type { Below } from "./cut.ts";
import { isPadding, noiseOf } from "./noise.ts";

export type SliceClass = "T" | "R" | "E";

/** Above this a unit's buffers are too much to compare slice by slice, bytes. */
export const MAX_STATE_BYTES = 16 * 1024 * 1024;

/** Where an output lies in a saved state. */
interface Region extends StateSpan {
  /** Filled with patterns; else it begins as the unit does. */
  isPatterned: boolean;
  /** Bytes within one stride that count as zero. */
  padding: JobPlan["outputs"][number]["padding"];
}

/** Runs `boxes` of the unit's only dispatch on a state, or on what the unit begins with, and answers what its buffers hold then. */
export type RunOn = (input: UnitInput, state: Uint8Array | null, boxes: readonly WorkgroupBox[]) => Promise<Uint8Array<ArrayBuffer>>;

/** The class of the kernel as far as one unit and this cut show it. `run` rejects when a slice alone does not end. */
export async function classOf(
  engine: Engine,
  input: UnitInput,
  boxes: readonly WorkgroupBox[],
  run: RunOn,
  below: Below,
): Promise<SliceClass | null> {
  const initial = await run(input, null, []);
  const whole = await run(input, initial, boxes);
  const noise = noiseOf(engine.stateBytes, below(2 ** 31));
  const regions = regionsOf(engine);
  const alone = async (region: readonly Region[]): Promise<Found> => {
    const owners = new Uint8Array(engine.stateBytes);
    for (const box of boxes) {
      const [one, other] = [filled(initial, region, noise, 0), filled(initial, region, noise, 0xff)];
      const ran: Ran = { initial, whole, one, other, oneAfter: await run(input, one, [box]), otherAfter: await run(input, other, [box]) };
      const found = look(region, ran, owners);
      if (found !== "fits") return found;
    }
    return isUnowned(region, owners, initial, whole) ? (owners.some((count) => count > 1) ? "overlaps" : "fits") : "differs";
  };
  let found = await alone(regions);
  const isRead = found === "reads" || regions.some(({ isPatterned }) => !isPatterned) || hasReadWriteInput(engine.plan);
  if (found === "reads") found = await alone(regions.map((region) => ({ ...region, isPatterned: false })));
  if (found === "differs" || found === "reads") return null;
  return found === "overlaps" ? "E" : isRead ? "R" : "T";
}

/** `reads`: a byte is neither written nor as it was, so the slice made it of what was there. `differs`: it is not the whole's. */
type Found = "fits" | "overlaps" | "reads" | "differs";

interface Ran {
  initial: Uint8Array;
  whole: Uint8Array;
  one: Uint8Array;
  other: Uint8Array;
  oneAfter: Uint8Array;
  otherAfter: Uint8Array;
}

/** Looks at what one slice wrote, and counts it. */
function look(
  regions: readonly Region[],
  { initial, whole, one, other, oneAfter, otherAfter }: Ran,
  owners: Uint8Array,
): "fits" | "reads" | "differs" {
  for (const region of regions) {
    for (let at = region.from; at < region.from + region.bytes; at++) {
      if (isPadding(region, at - region.from)) continue;
      if (oneAfter[at] !== otherAfter[at]) {
        if (region.isPatterned && oneAfter[at] === one[at] && otherAfter[at] === other[at]) continue;
        return "reads";
      }
      if (!region.isPatterned && oneAfter[at] === initial[at]) continue;
      if (oneAfter[at] !== whole[at]) return "differs";
      // More than two are no more than two.
      if ((owners[at] as number) < 2) owners[at] = (owners[at] as number) + 1;
    }
  }
  return "fits";
}

/** What no slice alone has written is as it was. */
function isUnowned(regions: readonly Region[], owners: Uint8Array, initial: Uint8Array, whole: Uint8Array): boolean {
  return regions.every((region) => {
    for (let at = region.from; at < region.from + region.bytes; at++) {
      if (owners[at] === 0 && whole[at] !== initial[at] && !isPadding(region, at - region.from)) return false;
    }
    return true;
  });
}

function regionsOf({ plan, stateSpans }: Engine): Region[] {
  return plan.outputs.flatMap(({ buffer, byteLength, padding }) => {
    const span = stateSpans.find((each) => each.buffer === buffer);
    const { init, writes } = plan.buffers[buffer] as JobPlan["buffers"][number];
    return span ? [{ ...span, bytes: byteLength, isPatterned: init.kind === "zero" && writes.length === 0, padding }] : [];
  });
}

/** Something that is written over although it holds an input. Scratch, which begins as zeros, is none. */
function hasReadWriteInput({ buffers }: JobPlan): boolean {
  return buffers.some(({ kind, init, writes }) => kind === "storage" && (init.kind !== "zero" || writes.length > 0));
}

function filled(initial: Uint8Array, regions: readonly Region[], noise: Uint8Array, mask: number): Uint8Array {
  const state = initial.slice();
  for (const { isPatterned, from, bytes } of regions) {
    if (isPatterned) for (let at = from; at < from + bytes; at++) state[at] = (noise[at] as number) ^ mask;
  }
  return state;
}
