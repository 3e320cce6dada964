/** Job packages come in: checked, or checked and made a job. */
import Type from "typebox";
import { ErrorSchema, FaultSchema, SubmittedSchema } from "../../shared/api.ts";
import type { Manifest } from "../../shared/manifest.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { intake } from "../admit/intake.ts";
import type { JobSpec } from "../core/events.ts";
import type { JobRow, TokenRow } from "../core/store.ts";
import type { PublicBlobs } from "./blobs.ts";
import type { App, HttpContext } from "./context.ts";
import { PackageRefused } from "./errors.ts";
import { ownerOf } from "./owners.ts";
import { creditOf, DEFAULT_QUORUM } from "./status.ts";
import { measure, receivePackage } from "./upload.ts";

/** Replicas a unit may use up before it fails: two honest ones outlast this many liars less two. */
const MAX_REPLICAS = 20;

export function submitRoutes(app: App, context: HttpContext, visible: PublicBlobs): void {
  const { blobs, judges, store, coordinator } = context;
  const common = { tags: ["jobs"], security: [{ token: [] }], consumes: ["multipart/form-data"] };
  const refusals = { 400: ErrorSchema, 401: ErrorSchema, 413: ErrorSchema, 422: ErrorSchema };

  app.post(
    "/api/jobs",
    {
      schema: {
        ...common,
        summary: "Submit a job package",
        description: "One part a file; the field's name is the file's path in the package. `start=0` leaves the job a draft.",
        querystring: Type.Object({ start: Type.Optional(Type.Union([Type.Literal("0"), Type.Literal("1")])) }),
        response: { 201: SubmittedSchema, ...refusals },
      },
    },
    async (request, reply) => {
      const owner = await ownerOf(request, store);
      const pkg = await receivePackage(request, (source, limit, what) => blobs.putStream(source, limit, what));
      const taken = await intake(pkg, judges, blobs);
      if (!taken.ok) throw new PackageRefused(taken.faults);
      const { manifest, plan, planHash, sourceHash } = taken;
      const state = request.query.start === "0" ? "draft" : "running";
      const row = await coordinator.addJob(
        { ...rowOf(owner, manifest, state, context.clock()), plan: planHash, source: sourceHash },
        specOf(manifest, plan),
      );
      await visible.add(row);
      const origin = context.config.publicUrl || `${request.protocol}://${request.host}`;
      return reply.status(201).send({ id: row.id, name: manifest.name, units: plan.units.count, url: `${origin}/?job=${row.id}` });
    },
  );

  app.post(
    "/api/check",
    {
      schema: {
        ...common,
        summary: "Check a job package without submitting it",
        response: { 200: Type.Object({ faults: Type.Array(FaultSchema) }), ...refusals },
      },
    },
    async (request) => {
      await ownerOf(request, store);
      const admission = await judges.admit(await receivePackage(request, measure));
      if (!admission.ok) throw new PackageRefused(admission.faults);
      return { faults: [] };
    },
  );
}

function rowOf(owner: TokenRow, manifest: Manifest, state: JobRow["state"], now: number): Omit<JobRow, "id" | "plan" | "source"> {
  return {
    owner: owner.id,
    ownerName: owner.name,
    state,
    reason: "",
    manifest: JSON.stringify(manifest),
    createdAt: now,
    finishedAt: null,
  };
}

function specOf(manifest: Manifest, plan: JobPlan): Omit<JobSpec, "id"> {
  return {
    units: plan.units.count,
    quorum: manifest.verify?.quorum ?? DEFAULT_QUORUM,
    priority: manifest.priority ?? 0,
    creditPerUnit: creditOf(manifest),
    ownerAccount: null, // tokens and volunteers' keys are not linked yet
    requires: plan.requires,
    maxReplicas: MAX_REPLICAS,
  };
}
