/** Slices of a job's units, run alone on a real engine: what a canary surveys, and a check runs again. */
import { MAX_SLICES } from "../../shared/canary.ts";
import type { PassPlan } from "../../shared/plan.ts";
import type { Engine } from "../engine/seam.ts";
import { partition } from "../engine/slices.ts";
import type { Below } from "./cut.ts";
import type { Direct } from "./direct.ts";
import { Sampler } from "./sampler.ts";

/** Of a kernel of one dispatch. */
export function samplerOf(engine: Engine, direct: Direct, below: Below): Sampler {
  const [{ workgroups }] = engine.plan.passes as [PassPlan];
  return new Sampler(engine, partition(workgroups, MAX_SLICES), (...run) => direct.runFrom(...run), below);
}
