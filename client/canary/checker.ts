/** A job's checker on a real engine: whether it accepts a result, and whether it can be believed. */
import type { CanaryFinding } from "../../shared/canary.ts";
import { checkerPlanOf, givenTo, isAccepted } from "../../shared/checker.ts";
import type { JobPlan, PassPlan } from "../../shared/plan.ts";
import { frame, unframe } from "../../shared/result.ts";
import { openEngine } from "../engine/engine.ts";
import { isEndless } from "../engine/engine-error.ts";
import type { Engine, PlanFiles, UnitInput } from "../engine/seam.ts";
import { partition } from "../engine/slices.ts";
import type { Below } from "./cut.ts";
import { Direct } from "./direct.ts";
import { sentence } from "./repeats.ts";

/** Bits of each result that are changed, one at a time, to see whether that is noticed. */
const FLIPS = 16;
/** Boxes that its dispatch is cut into at most, where it can be cut. */
const MAX_BOXES = 64;

/** Compiles the job's checker; undefined where it has none. Rejects as `openEngine` does. */
export async function openChecker(device: GPUDevice, plan: JobPlan, files: PlanFiles): Promise<Checker | undefined> {
  const own = checkerPlanOf(plan);
  return own && new Checker(plan, await openEngine(device, own, files));
}

export class Checker {
  private readonly plan: JobPlan;
  private readonly engine: Engine;
  private readonly direct: Direct;

  /** `plan`: the job's. `engine`: of its checker (shared/checker.ts). */
  constructor(plan: JobPlan, engine: Engine) {
    this.plan = plan;
    this.engine = engine;
    this.direct = new Direct(engine);
  }

  /** `input`: the unit's, as the job's own engine takes it; `result`: its result bytes. Rejects with `EngineError`, and with `RangeError` when they are none of this job. */
  async accepts(input: UnitInput, result: Uint8Array): Promise<{ isAccepted: boolean; gpuMicros: number }> {
    const [{ workgroups }] = this.engine.plan.passes as [PassPlan];
    const boxes = partition(workgroups, "whole" in this.engine.plan.slicing ? 1 : MAX_BOXES);
    const { bytes, gpuMicros } = await this.direct.runGiven(this.own(input), givenTo(this.plan, result), boxes);
    return { isAccepted: isAccepted(this.engine.plan, bytes), gpuMicros };
  }

  destroy(): void {
    this.engine.destroy();
  }

  /** Its buffers have other numbers. */
  private own({ pieces, ...input }: UnitInput): UnitInput {
    if (!pieces) return input;
    const numbers = this.plan.checker?.buffers ?? [];
    const own = [...pieces].map(([buffer, piece]) => [numbers.indexOf(buffer), piece] as const);
    return { ...input, pieces: new Map(own.filter(([buffer]) => buffer >= 0)) };
  }
}

/**
 * Tries the checker on units whose right results are known. It must accept these, and neither zeros nor noise in their place: else
 * nobody need compute anything, or nobody honest is believed. With a verdict where it does not end: it holds the GPU for good, and
 * nothing else is found out.
 */
export async function tried(
  ...trial: Parameters<typeof foundOf>
): Promise<Pick<CanaryFinding, "checker" | "unchecked"> & Partial<Pick<CanaryFinding, "verdict" | "why">>> {
  try {
    return await foundOf(...trial);
  } catch (error) {
    if (!isEndless(error)) throw error;
    return { verdict: "opaque", why: "Its checker does not end.", unchecked: sentence(`It does not end. ${error.message}`) };
  }
}

async function foundOf(
  checker: Pick<Checker, "accepts">,
  plan: JobPlan,
  known: readonly { input: UnitInput; bytes: Uint8Array }[],
  below: Below,
): Promise<Pick<CanaryFinding, "checker" | "unchecked">> {
  const times: number[] = [];
  let [flipped, missed] = [0, 0];
  for (const { input, bytes } of known) {
    const { isAccepted, gpuMicros } = await checker.accepts(input, bytes);
    times.push(gpuMicros);
    if (!isAccepted) return { unchecked: sentence(`It refuses what unit ${input.index} comes to on the auditor's own GPU.`) };
    const zeros = changed(plan, bytes, (output) => output.fill(0));
    if (!isSame(zeros, bytes) && (await checker.accepts(input, zeros)).isAccepted)
      return { unchecked: sentence(`It accepts zeros as the result of unit ${input.index}, which is another.`) };
    const noise = changed(plan, bytes, (output) => output.set(output.map(() => below(256))));
    if (!isSame(noise, bytes) && (await checker.accepts(input, noise)).isAccepted)
      return { unchecked: sentence(`It accepts noise as the result of unit ${input.index}.`) };
    for (let flip = 0; flip < FLIPS; flip++) {
      const other = flippedOnce(plan, bytes, below);
      flipped++;
      if ((await checker.accepts(input, other)).isAccepted) missed++;
    }
  }
  return { checker: { micros: Math.min(...times), tried: flipped, missed } };
}

/** Result bytes whose outputs `change` has gone over. */
function changed(plan: JobPlan, result: Uint8Array, change: (output: Uint8Array) => void): Uint8Array {
  const outputs = unframe(plan, result).map((output) => output.slice());
  for (const output of outputs) change(output);
  return frame(outputs);
}

/** With one bit of an output changed; which one is drawn. */
function flippedOnce(plan: JobPlan, result: Uint8Array, below: Below): Uint8Array {
  let at = below(plan.outputs.reduce((bytes, { byteLength }) => bytes + byteLength, 0));
  const bit = 1 << below(8);
  return changed(plan, result, (output) => {
    if (at >= 0 && at < output.byteLength) output[at] = (output[at] as number) ^ bit;
    at -= output.byteLength;
  });
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.every((byte, at) => byte === other[at]);
}
