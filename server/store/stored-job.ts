/** What the core takes up of a job's row. Each throws `DamagedDatabase`, which names the job and what is wrong, where no program of ours can have written it. */
import Type from "typebox";
import { Compile } from "typebox/compile";
import { type JobState, JobStateSchema } from "../../shared/api.ts";
import { messageOf } from "../../shared/thrown.ts";
import type { JobSpec } from "../core/events.ts";
import { checkSpec } from "../core/spec.ts";
import type { CanaryRecord } from "../core/store.ts";
import { DamagedDatabase } from "./damaged.ts";

/** What jobs of earlier releases do not say. Whether they use floats: nobody is blamed for what one may have done. */
const SINCE = { owner: 0, floats: true, measured: false, unitMicros: null, maxGpuMicros: null, asks: false };

const SpecSchema = Type.Object({
  owner: Type.Integer({ minimum: 0 }),
  units: Type.Integer(),
  quorum: Type.Integer(),
  priority: Type.Integer(),
  creditPerUnit: Type.Number(),
  requires: Type.Object({ features: Type.Array(Type.String()), limits: Type.Record(Type.String(), Type.Number()) }),
  maxReplicas: Type.Integer(),
  floats: Type.Boolean(),
  tolerant: Type.Optional(Type.Boolean()),
  measured: Type.Boolean(),
  unitMicros: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  maxGpuMicros: Type.Union([Type.Number({ minimum: 0 }), Type.Null()]),
  asks: Type.Boolean(),
  check: Type.Optional(
    Type.Union([
      Type.Object({
        how: Type.Literal("checker"),
        bytes: Type.Integer({ minimum: 0 }),
        micros: Type.Number({ minimum: 0 }),
        why: Type.String(),
      }),
      Type.Object({ how: Type.Literal("slices"), slices: Type.Integer({ minimum: 0 }), why: Type.String() }),
      Type.Object({ how: Type.Literal("whole") }),
    ]),
  ),
});
const specChecker = Compile(SpecSchema);
const stateChecker = Compile(JobStateSchema);
const STATES = JobStateSchema.anyOf.map((state) => state.const).join(", ");

export function storedState(job: number, state: string): JobState {
  if (stateChecker.Check(state)) return state;
  throw new DamagedDatabase(`Job ${job} has the state ${JSON.stringify(state.slice(0, 40))}, which is none of ${STATES}`);
}

export function storedSpec(job: number, text: string): Omit<JobSpec, "id" | "pool"> {
  const parsed = parse(job, "spec", text);
  const spec: unknown = { ...SINCE, ...parsed };
  if (!specChecker.Check(spec)) {
    const fault = specChecker.Errors(spec)[0];
    const missing = fault?.keyword === "required" ? fault.params.requiredProperties.join(", ") : "";
    const place = (fault?.instancePath ?? "").replaceAll("/", ".");
    throw new DamagedDatabase(
      missing === ""
        ? `The spec of job ${job} is wrong: spec${place} ${fault?.message ?? "is wrong"}`
        : `The spec of job ${job} lacks ${missing}`,
    );
  }
  try {
    checkSpec(spec);
  } catch (error) {
    throw new DamagedDatabase(`The spec of job ${job} is wrong: ${messageOf(error)}`, { cause: error });
  }
  return spec;
}

export function storedCanary(job: number, text: string | null): CanaryRecord | null {
  return text === null ? null : (parse(job, "canary's finding", text) as unknown as CanaryRecord);
}

function parse(job: number, what: string, text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new DamagedDatabase(`The ${what} of job ${job} is no JSON object`);
}
