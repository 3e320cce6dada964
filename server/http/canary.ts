/** The auditor asks for jobs to measure, says that it goes on, and reports. */
import { randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { CanaryAliveSchema, CanaryAnswerSchema, CanaryClaimSchema, CanaryReportSchema } from "../../shared/canary.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { JobId } from "../../shared/ids.ts";
import type { Coordinator } from "../coordinator.ts";
import type { Timeless } from "../core/events.ts";
import type { App, HttpContext } from "./context.ts";
import { JobParams } from "./jobs.ts";
import { jobOf, tokenIn } from "./owners.ts";
import { refusals } from "./refusals.ts";

const RUN_BYTES = 16;

export function canaryRoutes(app: App, { coordinator, mayAudit }: Pick<HttpContext, "coordinator" | "mayAudit">): void {
  const common = { tags: ["auditor"], security: [{ token: [] }] };
  const refused = refusals("unauthorized", "forbidden");
  const ofRun = { params: JobParams, response: { 204: Type.Null(), ...refused, ...refusals("not-found", "wrong-state") } };

  const auditorOf = async (request: FastifyRequest) => {
    if (await mayAudit(tokenIn(request))) return;
    const todo = "Use an administrator's token, or let serve --audit start the auditor.";
    throw new IdlewaveError("forbidden", { why: "Only the coordinator's auditor may do this.", todo });
  };

  app.post(
    "/api/canary",
    {
      schema: {
        ...common,
        summary: "Ask for a job to measure; the auditor's token or an administrator's",
        body: CanaryClaimSchema,
        response: { 200: CanaryAnswerSchema, ...refused },
      },
    },
    async (request) => {
      await auditorOf(request);
      const random = randomBytes(RUN_BYTES).toString("hex");
      const reply = await coordinator.dispatch({ type: "canary-claim", random, ...request.body });
      if (reply.type !== "canary") throw new Error(`a claim of the auditor was answered with ${reply.type}`);
      if (!reply.run) return { run: null };
      const { job, id, limitMs } = reply.run;
      return { run: { job, run: id, plan: jobOf(coordinator, job).plan, limitMs } };
    },
  );

  app.post(
    "/api/canary/:id/alive",
    { schema: { ...common, ...ofRun, summary: "Say that a measurement goes on", body: CanaryAliveSchema } },
    async (request, reply) => {
      await auditorOf(request);
      await done(coordinator, { type: "canary-alive", job: request.params.id as JobId, run: request.body.run });
      return reply.status(204).send(null);
    },
  );

  app.post(
    "/api/canary/:id/report",
    { schema: { ...common, ...ofRun, summary: "Tell what was found; it ends the measurement", body: CanaryReportSchema } },
    async (request, reply) => {
      await auditorOf(request);
      const { run, finding } = request.body;
      await done(coordinator, { type: "canary-report", job: request.params.id as JobId, run, finding });
      return reply.status(204).send(null);
    },
  );
}

async function done(coordinator: Coordinator, event: Timeless): Promise<void> {
  const reply = await coordinator.dispatch(event);
  if (reply.type === "error") throw new IdlewaveError(reply.code, reply.details);
}
