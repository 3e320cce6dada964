/**
 * A reader's own check of a unit: computed once more on their GPU, beside the digest that the coordinator tells and the bytes
 * that it keeps. Fetches what it needs, sends nothing.
 */
import { type Difference, differenceOf } from "../../shared/difference.ts";
import { type JobPlan, MAX_RESULT_BYTES, resultBytes } from "../../shared/plan.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { Unit } from "../../shared/unit.ts";
import { NoAdapter, type OpenAdapter, openAdapter } from "../donor/adapter.ts";
import { sha256Hex } from "../donor/digest.ts";
import { InputError, Inputs } from "../donor/inputs/inputs.ts";
import { EngineError } from "../engine/engine-error.ts";
import type { Pace } from "../engine/pace.ts";
import { type Rerun, rerun } from "./rerun.ts";

export interface CheckOrder {
  origin: string;
  /** Of each request, for what not everybody may see. */
  headers: Record<string, string>;
  unit: Pick<Unit, "job" | "unit" | "plan" | "digest">;
  /** The reader said that their processor may do it. */
  allowSoftware: boolean;
}

/** It is fetching until the first slice runs: the kernel is compiled in the meantime. */
export type Progress = { kind: "fetching"; bytes: number } | { kind: "computing"; share: number; gpu: string; sliced: boolean };

/** What the coordinator gave as the canonical bytes. */
export type Told =
  /** The unit failed: no result is canonical. */
  | { kind: "none" }
  /** They have the digest that is told; absent difference: they are the reader's bytes too. */
  | { kind: "kept"; difference?: Difference }
  /** They have another digest than the coordinator tells. */
  | { kind: "forged"; digest: string }
  | { kind: "gone"; why: string };

export interface Checked {
  kind: "checked";
  digest: string;
  gpu: string;
  software: boolean;
  gpuMicros: number;
  told: Told;
}

export type CheckEnd =
  | Checked
  | { kind: "no-webgpu" | "no-adapter" | "software-adapter" }
  /** The plan, or what the unit reads, is not there or not what its hash says. */
  | { kind: "no-input"; why: string }
  | { kind: "device-lost" | "no-memory" | "endless" }
  /** This device cannot run the kernel. */
  | { kind: "unable"; why: string };

/** Never rejects for a reason of network, coordinator or GPU: that is an end too. After "endless" nothing may be asked of the GPU. */
export async function check(
  { origin, headers, unit, allowSoftware }: CheckOrder,
  pace: Pace,
  tell: (progress: Progress) => void,
): Promise<CheckEnd> {
  const adapter = await openAdapter({ allowSoftware });
  if (adapter.kind !== "adapter") return { kind: adapter.kind };
  let fetched = 0;
  const inputs = new Inputs(
    origin,
    (bytes) => {
      fetched += bytes;
      tell({ kind: "fetching", bytes: fetched });
    },
    () => headers,
  );
  try {
    const plan = await inputs.plan(unit.plan);
    const kept = await keptBytes(inputs, unit, Math.min(resultBytes(plan), MAX_RESULT_BYTES));
    const computing = (share: number) => tell({ kind: "computing", share, gpu: adapter.name, sliced: !("whole" in plan.slicing) });
    const result = await rerun(adapter, inputs, plan, unit.unit, pace, computing);
    return checked(adapter, result, await toldOf(plan, result, kept, unit.digest));
  } catch (error) {
    return endOf(error);
  }
}

/** Null: there are none. */
type Kept = Uint8Array | { why: string } | null;

async function keptBytes(inputs: Inputs, { job, unit, digest }: CheckOrder["unit"], limit: number): Promise<Kept> {
  if (digest === "") return null;
  try {
    return await inputs.result(job, unit, digest, limit);
  } catch (error) {
    if (error instanceof InputError) return { why: error.message };
    throw error;
  }
}

async function toldOf(plan: JobPlan, { bytes }: Rerun, kept: Kept, digest: string): Promise<Told> {
  if (kept === null) return { kind: "none" };
  if (!(kept instanceof Uint8Array)) return { kind: "gone", why: kept.why };
  const keptDigest = await sha256Hex(kept);
  if (keptDigest !== digest) return { kind: "forged", digest: keptDigest };
  const difference = differenceOf(plan, bytes, kept);
  return difference ? { kind: "kept", difference } : { kind: "kept" };
}

function checked({ name, host }: OpenAdapter, { digest, gpuMicros }: Rerun, told: Told): Checked {
  return { kind: "checked", digest, gpu: name, software: host.software, gpuMicros, told };
}

function endOf(error: unknown): CheckEnd {
  const why = messageOf(error);
  if (error instanceof InputError) return { kind: "no-input", why };
  if (error instanceof NoAdapter) return { kind: "no-adapter" };
  if (!(error instanceof EngineError)) return { kind: "unable", why };
  switch (error.code) {
    case "device-lost":
    case "endless":
      return { kind: error.code };
    case "out-of-memory":
      return { kind: "no-memory" };
    case "bad-input":
      return { kind: "no-input", why };
    case "validation":
    case "not-sliceable":
      return { kind: "unable", why };
    default:
      return error.code satisfies never;
  }
}
