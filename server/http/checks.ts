/**
 * The auditor asks for slices to run again of units that one volunteer computed, and tells what they wrote, which is compared here;
 * or for results that a job's own checker judges, and tells whether it accepted them.
 */
import { createHash, randomBytes } from "node:crypto";
import Type from "typebox";
import { bytesWritten } from "../../shared/canary.ts";
import { bytesIn, CheckAnswerSchema, CheckClaimSchema, CheckReportSchema, type ToldSlices } from "../../shared/checks.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { BlobHash, JobId, UnitIndex } from "../../shared/ids.ts";
import { forAuditors } from "./auditor.ts";
import type { App, HttpContext } from "./context.ts";
import { inert } from "./inert.ts";
import { JobParams } from "./jobs.ts";
import { jobOf } from "./owners.ts";
import { bytesRefusals, refusals } from "./refusals.ts";
import { UnitParams } from "./units.ts";

const TASK_BYTES = 16;
/** A range is two numbers of ten digits at most. */
const MAX_REPORT_BYTES = 4 * 1024 * 1024;

type Context = Pick<HttpContext, "coordinator" | "store" | "blobs" | "mayAudit">;

export function checkRoutes(app: App, context: Context): void {
  const { coordinator } = context;
  const common = { tags: ["auditor"], security: [{ token: [] }] };
  const refused = refusals("unauthorized", "forbidden");
  const onRequest = forAuditors(context);

  app.post(
    "/api/checks",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Ask for units of which to run some slices; the auditor's token or an administrator's",
        body: CheckClaimSchema,
        response: { 200: CheckAnswerSchema, ...refused },
      },
    },
    async (request) => {
      const reply = await coordinator.dispatch({ type: "check-claim", random: randomBytes(TASK_BYTES).toString("hex"), ...request.body });
      if (reply.type !== "check") throw new Error(`a claim of checks was answered with ${reply.type}`);
      if (!reply.task) return { task: null };
      const { job, id: task, how, limitMs, units } = reply.task;
      const written = how === "slices" ? writtenOf(context, job) : undefined;
      const drawn = units.map(({ unit, slices }) => ({ unit, slices, bytes: written ? bytesWritten(written, slices) : 0 }));
      return { task: { job, task, plan: jobOf(coordinator, job).plan, how, limitMs, units: drawn } };
    },
  );

  app.get(
    "/api/checks/:id/:task/:unit",
    {
      onRequest,
      schema: {
        ...common,
        summary: "The result of a unit that a job's checker is to judge",
        params: Type.Object({
          ...UnitParams.properties,
          task: Type.String({ pattern: "^[0-9a-f]{32}$", description: "Of the answer to the claim." }),
        }),
        response: bytesRefusals("unauthorized", "forbidden", "not-found"),
      },
    },
    async (request, reply) => {
      const { id, task, unit } = request.params;
      const drawn = coordinator.drawnOf(id as JobId, task, unit as UnitIndex);
      const bytes = drawn && (await storedBytes(context, id as JobId, unit as UnitIndex, drawn.digest));
      if (!bytes) throw new IdlewaveError("not-found", { what: `unit ${unit} of task ${task}` });
      return inert(reply).header("cache-control", "no-store").send(Buffer.from(bytes));
    },
  );

  app.post(
    "/api/checks/:id/report",
    {
      onRequest,
      bodyLimit: MAX_REPORT_BYTES,
      schema: {
        ...common,
        summary:
          "Tell what the slices of one unit wrote, whether the job's checker accepted its result, or that those of a task could not be run",
        params: JobParams,
        body: CheckReportSchema,
        response: { 204: Type.Null(), ...refused, ...refusals("not-found", "wrong-state") },
      },
    },
    async (request, reply) => {
      const job = request.params.id as JobId;
      const { body } = request;
      const { task } = body;
      if ("why" in body) {
        request.log.warn({ job, why: body.why }, "Units of a job could not be checked on the auditor's GPU.");
        await coordinator.carryOut({ type: "check-unrun", job, task });
      } else {
        const isSame = "accepted" in body ? body.accepted : await isAlike(context, job, body);
        await coordinator.carryOut({ type: "check-report", job, task, unit: body.unit as UnitIndex, isSame });
      }
      return reply.status(204).send(null);
    },
  );
}

/** Whether the slices wrote what the stored result has there, and all that they should. */
async function isAlike(context: Context, job: JobId, report: ToldSlices): Promise<boolean> {
  const { coordinator } = context;
  const drawn = coordinator.drawnOf(job, report.task, report.unit as UnitIndex);
  if (!drawn) return false;
  const result = await storedBytes(context, job, report.unit as UnitIndex, drawn.digest);
  const bytes = result && bytesIn(result, report.ranges, bytesWritten(writtenOf(context, job), drawn.slices));
  return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === report.digest;
}

async function storedBytes(
  { coordinator, store, blobs }: Context,
  job: JobId,
  unit: UnitIndex,
  digest: string,
): Promise<Uint8Array | undefined> {
  // What was told is in memory before it is on disk.
  await coordinator.written();
  const row = await store.result(job, unit, digest);
  return row && (row.bytes ?? (await blobs.get(row.digest as BlobHash)));
}

/** What its slices write, as the canary found it. */
function writtenOf({ coordinator }: Context, job: JobId) {
  const { canary } = jobOf(coordinator, job);
  if (!canary?.slices) throw new Error(`job ${job} is checked by slices, and what they write is not known`);
  return canary.slices;
}
