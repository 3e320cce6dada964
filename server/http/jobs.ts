/** Jobs: their list, one, and the verbs that move one. */
import Type from "typebox";
import { JobListSchema, JobStatusSchema, RefusedListSchema } from "../../shared/api.ts";
import type { JobId } from "../../shared/ids.ts";
import { MaxGpuHours } from "../../shared/manifest.ts";
import { REFUSED_LISTED } from "../../shared/refused.ts";
import type { CoreEvent } from "../core/events.ts";
import { MICROS_PER_HOUR } from "../core/quote.ts";
import type { App, HttpContext } from "./context.ts";
import { hasTag } from "./etag.ts";
import { countsOf, forOwners, jobOf } from "./owners.ts";
import { bytesRefusals, refusals } from "./refusals.ts";
import { isPrivate, ownJob, ownJobs, visibleJob, visibleJobs } from "./viewer.ts";
import type { Views } from "./views.ts";
import { volunteerId } from "./volunteers.ts";

export const JobParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 0xffffffff, description: "Number of the job." }) });

const JobsQuery = Type.Object({ own: Type.Optional(Type.Boolean({ description: "Only those that the request's token submitted." })) });

export function jobRoutes(app: App, context: HttpContext, views: Views): void {
  const { coordinator, store, blobs } = context;

  app.get(
    "/api/jobs",
    {
      schema: {
        tags: ["jobs"],
        summary: "All jobs; drafts with their owner's token or an administrator's; with a pass those of its pool",
        querystring: JobsQuery,
        response: { 200: JobListSchema, ...refusals("unauthorized", "bad-pass") },
      },
    },
    async (request) => {
      const rows = request.query.own ? await ownJobs(request, context) : await visibleJobs(request, context);
      return { jobs: await Promise.all(rows.map((row) => views.status(row, false))) };
    },
  );

  app.get(
    "/api/jobs/:id",
    {
      schema: {
        tags: ["jobs"],
        summary: "One job; a draft with its owner's token or an administrator's, one of a pool with a member's pass too",
        params: JobParams,
        response: { 200: JobStatusSchema, ...refusals("not-found", "bad-pass") },
      },
    },
    async (request) => views.status(await visibleJob(request, context, request.params.id), true),
  );

  for (const verb of ["pause", "halt", "resume", "cancel"] as const) {
    app.post(
      `/api/jobs/:id/${verb}`,
      {
        onRequest: forOwners(store),
        schema: {
          tags: ["jobs"],
          summary: `${verb} a job; its owner's token or an administrator's`,
          security: [{ token: [] }],
          params: JobParams,
          response: { 200: JobStatusSchema, ...refusals("unauthorized", "forbidden", "not-found", "wrong-state") },
        },
      },
      async (request) => {
        const row = await ownJob(request, context, request.params.id);
        // A draft has nothing to resume: to go on means to start it.
        const event = verb === "resume" && row.state === "draft" ? "start" : verb;
        await move(row.id, event);
        // Somebody else's may have come in between: then this one has changed nothing that lasts.
        if (verb !== "cancel" && jobOf(coordinator, row.id).state === "cancelled") await move(row.id, event);
        return views.status(jobOf(coordinator, row.id), true);
      },
    );
  }

  /** Throws `wrong-state`, which names the state, when the verb is none of the job's now. */
  async function move(job: JobId, verb: Extract<CoreEvent, { type: "job-verb" }>["verb"]): Promise<void> {
    await coordinator.carryOut({ type: "job-verb", job, verb });
  }

  app.post(
    "/api/jobs/:id/cap",
    {
      onRequest: forOwners(store),
      schema: {
        tags: ["jobs"],
        summary: "Let a job take another number of GPU-hours, or any; its owner's token or an administrator's",
        security: [{ token: [] }],
        params: JobParams,
        body: Type.Object({ maxGpuHours: Type.Union([MaxGpuHours, Type.Null()]) }, { additionalProperties: false }),
        response: { 200: JobStatusSchema, ...refusals("unauthorized", "forbidden", "not-found", "wrong-state") },
      },
    },
    async (request) => {
      const row = await ownJob(request, context, request.params.id);
      const { maxGpuHours } = request.body;
      const maxGpuMicros = maxGpuHours === null ? null : maxGpuHours * MICROS_PER_HOUR;
      await coordinator.carryOut({ type: "job-cap", job: row.id, maxGpuMicros });
      return views.status(jobOf(coordinator, row.id), true);
    },
  );

  app.get(
    "/api/jobs/:id/plan",
    {
      schema: {
        tags: ["jobs"],
        summary: "The plan volunteers run, immutable",
        params: JobParams,
        response: bytesRefusals("not-found", "bad-pass"),
      },
    },
    async (request, reply) => {
      const row = await visibleJob(request, context, request.params.id);
      const etag = `"${row.plan}"`;
      void reply.header("etag", etag).header("cache-control", isPrivate(row) ? "no-store" : "public, max-age=31536000, immutable");
      if (hasTag(request.headers["if-none-match"], etag)) return reply.status(304).send();
      const bytes = await blobs.get(row.plan);
      if (!bytes) throw new Error(`the plan ${row.plan} is missing`);
      return reply.type("application/json; charset=utf-8").send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    },
  );

  app.get(
    "/api/jobs/:id/refused",
    {
      schema: {
        tags: ["jobs"],
        summary: "Replicas that differed from the canonical result, newest first",
        params: JobParams,
        response: { 200: RefusedListSchema, ...refusals("not-found", "bad-pass") },
      },
    },
    async (request) => {
      const row = await visibleJob(request, context, request.params.id);
      const refused = await store.refused(row.id, REFUSED_LISTED);
      return {
        refused: refused.map(({ unit, publicKey, digest, canonical, at }) => ({
          unit,
          volunteer: volunteerId({ publicKey }),
          digest,
          canonical,
          at: new Date(at).toISOString(),
        })),
      };
    },
  );

  app.get(
    "/api/jobs/:id/picture",
    {
      schema: {
        tags: ["jobs"],
        summary: "The live picture, binary as in shared/picture.ts; what changed after `since`",
        params: JobParams,
        querystring: Type.Object({ since: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffffffff })) }),
        response: bytesRefusals("not-found", "bad-pass"),
      },
    },
    async (request, reply) => {
      const row = await visibleJob(request, context, request.params.id);
      const picture = await views.picture(row);
      const etag = `W/"${row.id}-${picture.seq}"`;
      void reply.header("etag", etag).header("cache-control", isPrivate(row) ? "private, no-cache" : "no-cache");
      if (hasTag(request.headers["if-none-match"], etag)) return reply.status(304).send();
      const bytes = picture.encode(request.query.since ?? 0, countsOf(coordinator, row.id).final);
      return reply.type("application/octet-stream").send(Buffer.from(bytes.buffer));
    },
  );
}
