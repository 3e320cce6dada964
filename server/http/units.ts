/** One unit: what was computed, what came out and who said so; and its result bytes, once it has ended. */
import Type from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import type { UnitIndex } from "../../shared/ids.ts";
import { type Unit, UnitSchema } from "../../shared/unit.ts";
import { AUDITOR } from "../core/cluster.ts";
import { isOver, type UnitReplicaRow, type UnitRow } from "../core/store.ts";
import type { App, HttpContext } from "./context.ts";
import { resultOf } from "./follow.ts";
import { inert } from "./inert.ts";
import { JobParams } from "./jobs.ts";
import { bytesRefusals, refusals } from "./refusals.ts";
import { inputsOf } from "./unit-inputs.ts";
import { isPrivate, visibleJob } from "./viewer.ts";
import { volunteerId } from "./volunteers.ts";

export const UnitParams = Type.Object({
  ...JobParams.properties,
  unit: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: "Index of the unit." }),
});
const BytesQuery = Type.Object({
  digest: Type.Optional(
    Type.String({ pattern: "^[0-9a-f]{64}$", description: "Those of this digest, which may have lost; default the canonical ones." }),
  ),
});

export function unitRoutes(app: App, context: HttpContext): void {
  const { store, blobs, plans, coordinator } = context;

  app.get(
    "/api/jobs/:id/units/:unit",
    {
      schema: {
        tags: ["jobs"],
        summary: "One unit: its inputs, its digest and who answered what",
        params: UnitParams,
        response: { 200: UnitSchema, ...refusals("not-found", "bad-pass") },
      },
    },
    async (request): Promise<Unit> => {
      const row = await visibleJob(request, context, request.params.id);
      const { plan, resultBytes } = await plans.of(row.id);
      const unit = request.params.unit as UnitIndex;
      if (unit >= plan.units.count) throw new IdlewaveError("not-found", { what: `unit ${unit} of job ${row.id}` });
      const found = await store.unit(row.id, unit);
      const { quorum, check } = coordinator.spec(row.id);
      return {
        job: row.id,
        unit,
        state: found?.ended ?? (isOver(row) ? "dropped" : "open"),
        endedAt: found?.at == null ? "" : new Date(found.at).toISOString(),
        plan: row.plan,
        ...(await inputsOf(plan, unit, blobs)),
        digest: found?.digest ?? "",
        resultBytes,
        rule: ruleOf(found, quorum, check?.how === "checker" ? "checker" : "slices"),
        quorum,
        replicas: found?.ended ? found.replicas.map((replica) => shown(replica, found)) : [],
      };
    },
  );

  app.get(
    "/api/jobs/:id/units/:unit/bytes",
    {
      schema: {
        tags: ["jobs"],
        summary: "Result bytes of a unit that has ended: each output, prefixed by its length as u64",
        params: UnitParams,
        querystring: BytesQuery,
        response: bytesRefusals("not-found", "bad-pass"),
      },
    },
    async (request, reply) => {
      const row = await visibleJob(request, context, request.params.id);
      const { unit } = request.params;
      const digest = request.query.digest ?? (await store.unit(row.id, unit as UnitIndex))?.digest;
      const found = digest ? await store.kept(row.id, unit as UnitIndex, digest) : undefined;
      if (!found) throw new IdlewaveError("not-found", { what: `such result of unit ${unit} of job ${row.id}` });
      const bytes = await resultOf(found, blobs);
      return inert(reply)
        .header("cache-control", isPrivate(row) ? "private, no-cache" : "no-cache")
        .send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );
}

/** Of a unit that has ended: whether others have answered it before is told to nobody, for a liar could choose by it. */
function shown(replica: UnitReplicaRow, { kept }: UnitRow): Unit["replicas"][number] {
  const digest = replica.status === "ok" ? (replica.digest ?? "") : "";
  return {
    volunteer: volunteerId(replica),
    auditor: replica.cluster === AUDITOR,
    outcome: replica.outcome === "open" ? "void" : replica.outcome,
    ran: replica.status === "ok",
    digest,
    bytes: digest !== "" && kept.includes(digest),
    gpuMicros: replica.gpuMicros,
    credit: replica.outcome === "final" && replica.signed ? replica.credit : 0,
  };
}

/** Audited is what the auditor has the canonical result of, or one near it, be it asked, failing or outvoted otherwise. Who it was is forgotten with its page. `alone`: what checks one volunteer's. */
export function ruleOf(found: UnitRow | undefined, quorum: number, alone: "checker" | "slices" = "slices"): Unit["rule"] {
  if (found?.ended !== "final") return "none";
  const isRight = ({ outcome, digest }: UnitReplicaRow) => outcome === "final" || digest === found.digest;
  const computed = (replica: UnitReplicaRow) => replica.cluster === AUDITOR && replica.status === "ok" && isRight(replica);
  if (found.replicas.some(computed)) return "audit";
  if (found.replicas.some(({ cluster }) => cluster === null)) return "not-kept";
  return found.replicas.filter(({ outcome }) => outcome === "final").length < quorum ? alone : "quorum";
}
