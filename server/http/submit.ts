/** Job packages come in: checked, or checked and made a job. */
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { FaultSchema, SubmittedSchema, WarningsSchema } from "../../shared/api.ts";
import { isTolerant } from "../../shared/comparator.ts";
import { creditOf } from "../../shared/credit.ts";
import { type Fault, IdlewaveError } from "../../shared/errors.ts";
import type { PoolId } from "../../shared/ids.ts";
import { type Manifest, MaxGpuHours, quorumOf } from "../../shared/manifest.ts";
import { type JobPlan, resultBytes } from "../../shared/plan.ts";
import { isPoolOf } from "../access/pools.ts";
import { type Intake, intake } from "../admit/intake.ts";
import { MANIFEST_FILE } from "../admit/package.ts";
import type { HeldBlob } from "../core/blob-store.ts";
import type { JobSpec, UnitCheck } from "../core/events.ts";
import { MICROS_PER_HOUR } from "../core/quote.ts";
import { isOver, type JobRow, type TokenRow } from "../core/store.ts";
import { MAX_REPLICAS } from "../core/verify.ts";
import type { JobBlobs } from "./blobs.ts";
import { filling } from "./bytes.ts";
import type { App, HttpContext } from "./context.ts";
import { PackageRefused } from "./errors.ts";
import { originOf } from "./origin.ts";
import { forOwners, ownerOf } from "./owners.ts";
import { refusals } from "./refusals.ts";
import { MAX_PACKAGE_BYTES, measure, receivePackage, refuseTooLong } from "./upload.ts";

export function submitRoutes(app: App, context: HttpContext, visible: JobBlobs): void {
  const { blobs, judges, store, coordinator } = context;
  const common = { tags: ["jobs"], security: [{ token: [] }], consumes: ["multipart/form-data"] };
  const refused = refusals("unauthorized", "refused", "shutting-down", "busy");
  const isOwner = forOwners(store);
  const onRequest = async (request: FastifyRequest) => {
    await isOwner(request);
    refuseTooLong(request);
  };

  app.post(
    "/api/jobs",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Submit a job package",
        description:
          "One part a file; the field's name is the file's path in the package. `start=0` leaves the job a draft; with `start=ask` it pauses once it was measured, until it is resumed. `maxGpuHours` goes before what job.json says.",
        querystring: Type.Object({
          start: Type.Optional(Type.Union([Type.Literal("0"), Type.Literal("1"), Type.Literal("ask")])),
          maxGpuHours: Type.Optional(MaxGpuHours),
        }),
        response: { 201: SubmittedSchema, ...refused, ...refusals("too-many-jobs", "disk-full") },
      },
    },
    async (request, reply) => {
      const owner = await ownerOf(request, store);
      mayHaveMore(owner);
      const taken = await take(request, owner);
      if (!taken.ok) throw new PackageRefused(taken);
      mayHaveMore(owner);
      const { manifest, plan, planHash, sourceHash, warnings, floats } = taken;
      const pool = manifest.pool as PoolId | undefined;
      // The auditor, or volunteers, hear of the job as soon as it is started.
      await visible.add({ plan: planHash, source: sourceHash, pool }, plan);
      const wished = { asks: request.query.start === "ask", maxGpuHours: request.query.maxGpuHours ?? manifest.maxGpuHours };
      const row = await coordinator.addJob(
        { ...rowOf(owner, manifest, context.clock()), plan: planHash, source: sourceHash, pool },
        { ...specOf(owner, manifest, plan, floats, wished), pool },
      );
      if (request.query.start !== "0") await coordinator.dispatch({ type: "job-verb", job: row.id, verb: "start" });
      return reply.status(201).send({
        id: row.id,
        name: manifest.name,
        units: plan.units.count,
        url: `${originOf(request, context.config)}/?job=${row.id}`,
        warnings,
      });
    },
  );

  app.post(
    "/api/check",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Check a job package without submitting it",
        response: { 200: Type.Object({ faults: Type.Array(FaultSchema), warnings: WarningsSchema }), ...refused },
      },
    },
    async (request) => {
      const owner = await ownerOf(request, store);
      const admission = await judges.admit(await receivePackage(request, owner.id, measure));
      if (!admission.ok) throw new PackageRefused(admission);
      const faults = poolFaults(owner, admission.manifest);
      if (faults.length > 0) throw new PackageRefused({ faults });
      return { faults: [], warnings: admission.warnings };
    },
  );

  /** What is wrong with the pool that the job names. */
  function poolFaults(owner: TokenRow, { pool }: Manifest): Fault[] {
    if (pool === undefined) return [];
    const row = context.pools.row(pool);
    const place = { file: MANIFEST_FILE, field: "pool" };
    if (!row || !isPoolOf(owner, row)) {
      const right = "npx idlewave pool list shows yours, npx idlewave pool new <name> makes one.";
      return [{ ...place, wrong: `There is no pool ${pool} of yours.`, right }];
    }
    if (row.offAt === null) return [];
    return [{ ...place, wrong: `Pool ${pool}, ${row.name}, is off.`, right: `npx idlewave pool invite ${pool} switches it on again.` }];
  }

  function mayHaveMore(owner: TokenRow): void {
    const limit = context.config.jobsPerOwner;
    const unfinished = coordinator.jobs().filter((row) => row.owner === owner.id && !isOver(row)).length;
    if (!owner.admin && unfinished >= limit) throw new IdlewaveError("too-many-jobs", { limit });
  }

  /** Nothing stays of files that the job does not need, nor of a package that was refused or broke off. */
  async function take(request: FastifyRequest, owner: TokenRow): Promise<Intake> {
    const held = new Map<string, HeldBlob>();
    const declared = Number(request.headers["content-length"] ?? 0);
    const room = context.disk.reserve(Math.min(declared, MAX_PACKAGE_BYTES));
    try {
      const pkg = await receivePackage(request, owner.id, async (source, limit, path) => {
        const file = await blobs.hold(filling(source, room), limit, path);
        held.set(path, file);
        return file;
      });
      return await intake(pkg, judges, blobs, held, room, (manifest) => poolFaults(owner, manifest));
    } finally {
      room.end();
      for (const file of held.values()) await file.drop();
    }
  }
}

function rowOf(owner: TokenRow, manifest: Manifest, now: number): Omit<JobRow, "id" | "plan" | "source"> {
  return {
    owner: owner.id,
    ownerName: owner.name,
    state: "draft",
    reason: "",
    manifest: JSON.stringify(manifest),
    createdAt: now,
    startedAt: null,
    finishedAt: null,
    canary: null,
  };
}

function checkOf({ verify }: Manifest, plan: JobPlan): UnitCheck | undefined {
  if (verify?.tier === "audited") return { how: "whole" };
  if (verify?.tier === "checker") return { how: "checker", bytes: resultBytes(plan), micros: 0, why: UNTRIED };
  return verify?.tier === "sampled" ? { how: "slices", slices: 0, why: UNMEASURED } : undefined;
}

/** Before, and without, the canary. */
const UNMEASURED = "no auditor has measured what its slices write";
const UNTRIED = "no auditor has tried its checker";

function specOf(
  owner: TokenRow,
  manifest: Manifest,
  plan: JobPlan,
  floats: boolean,
  { asks, maxGpuHours }: { asks: boolean; maxGpuHours: number | undefined },
): Omit<JobSpec, "id"> {
  return {
    owner: owner.id,
    units: plan.units.count,
    quorum: quorumOf(manifest),
    priority: manifest.priority ?? 0,
    creditPerUnit: creditOf(manifest.gflopPerUnit),
    requires: plan.requires,
    maxReplicas: MAX_REPLICAS,
    ...(isTolerant(plan) ? { floats: true, tolerant: true } : { floats }),
    ...{ measured: false, unitMicros: null, asks, check: checkOf(manifest, plan) },
    maxGpuMicros: maxGpuHours === undefined ? null : maxGpuHours * MICROS_PER_HOUR,
  };
}
