/**
 * Some slices of a unit, run together on outputs that begin as noise: what is not the noise any more they have written. For
 * kernels of class T alone, whose slices neither read nor share what they write.
 */
import type { JobPlan } from "../../shared/plan.ts";
import type { Engine, UnitInput, WorkgroupBox } from "../engine/seam.ts";
import type { Below } from "./cut.ts";
import { isPadding, noiseOf } from "./noise.ts";

/** Runs boxes of the unit's only dispatch on outputs that begin as these bytes, and answers its result bytes. */
export type RunBoxes = (input: UnitInput, outputs: readonly Uint8Array[], boxes: readonly WorkgroupBox[]) => Promise<Uint8Array>;

/** What some slices wrote. */
export interface Written {
  /** Result bytes, of which those that are not written mean nothing. */
  result: Uint8Array;
  /** By byte of the result: 1 where it was written. */
  mask: Uint8Array;
  /** How many were. */
  bytes: number;
}

const LENGTH_BYTES = 8;
const WORD_BYTES = 4;
const HALF_BYTES = 2;

export class Sampler {
  readonly slices: readonly WorkgroupBox[];
  private readonly outputs: JobPlan["outputs"];
  private readonly run: RunBoxes;
  private readonly below: Below;
  /** Bytes that a kernel writes at once, at least. */
  private readonly grain: number;

  constructor({ plan }: Pick<Engine, "plan">, slices: readonly WorkgroupBox[], run: RunBoxes, below: Below) {
    this.slices = slices;
    this.outputs = plan.outputs;
    this.run = run;
    this.below = below;
    this.grain = plan.requires.features.includes("shader-f16") ? HALF_BYTES : WORD_BYTES;
  }

  /** Bytes that slices can write: padding counts as zero whatever they do. */
  get outputBytes(): number {
    let bytes = 0;
    for (const region of this.regions()) for (let at = 0; at < region.byteLength; at++) if (!isPadding(region, at)) bytes++;
    return bytes;
  }

  /** `expected`: bytes that they are to write; where fewer are seen noise may have been met by chance, and other noise is tried. */
  async written(input: UnitInput, slices: readonly number[], expected: number): Promise<Written> {
    const boxes = slices.map((slice) => this.slices[slice] as WorkgroupBox);
    const start = this.below(2 ** 31);
    const one = await this.runOn(input, boxes, start, 0);
    if (one.bytes >= expected) return one;
    // In every byte other noise: what both runs leave was not written.
    const other = await this.runOn(input, boxes, start, 0xff);
    for (let at = 0; at < one.mask.byteLength; at++) {
      if (other.mask[at] === 0 || one.mask[at] === 1) continue;
      one.mask[at] = 1;
      one.result[at] = other.result[at] as number;
      one.bytes++;
    }
    return one;
  }

  private async runOn(input: UnitInput, boxes: readonly WorkgroupBox[], start: number, flip: number): Promise<Written> {
    const noise = this.outputs.map(({ byteLength }, output) => noiseOf((byteLength + 3) & ~3, start + output, flip));
    const result = new Uint8Array(await this.run(input, noise, boxes));
    const mask = new Uint8Array(result.byteLength);
    let bytes = 0;
    for (const [output, region] of this.regions().entries()) {
      const begun = noise[output] as Uint8Array;
      for (let grain = 0; grain < region.byteLength; grain += this.grain) {
        const end = Math.min(grain + this.grain, region.byteLength);
        if (!isChanged(region, result, begun, grain, end)) continue;
        for (let at = grain; at < end; at++) {
          if (isPadding(region, at)) continue;
          mask[region.from + at] = 1;
          bytes++;
        }
      }
    }
    return { result, mask, bytes };
  }

  /** Where outputs lie in result bytes. */
  private regions(): Region[] {
    let from = 0;
    return this.outputs.map(({ byteLength, padding }) => {
      from += LENGTH_BYTES + byteLength;
      return { from: from - byteLength, byteLength, padding };
    });
  }
}

interface Region extends Pick<JobPlan["outputs"][number], "byteLength" | "padding"> {
  from: number;
}

function isChanged(region: Region, result: Uint8Array, begun: Uint8Array, grain: number, end: number): boolean {
  for (let at = grain; at < end; at++) if (result[region.from + at] !== begun[at] && !isPadding(region, at)) return true;
  return false;
}

/** Ranges of written bytes: where each begins and how many it has, one after the other. */
export function rangesOf({ mask }: Pick<Written, "mask">): number[] {
  const ranges: number[] = [];
  for (let at = mask.indexOf(1); at >= 0; at = mask.indexOf(1, at)) {
    const gap = mask.indexOf(0, at);
    const end = gap < 0 ? mask.byteLength : gap;
    ranges.push(at, end - at);
    at = end;
  }
  return ranges;
}
