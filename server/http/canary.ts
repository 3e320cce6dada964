/** The auditor asks for jobs to measure, says that it goes on, and reports. */
import { randomBytes } from "node:crypto";
import Type from "typebox";
import { CanaryAliveSchema, CanaryAnswerSchema, CanaryClaimSchema, CanaryReportSchema } from "../../shared/canary.ts";
import type { JobId } from "../../shared/ids.ts";
import { forAuditors } from "./auditor.ts";
import type { App, HttpContext } from "./context.ts";
import { JobParams } from "./jobs.ts";
import { jobOf } from "./owners.ts";
import { refusals } from "./refusals.ts";

const RUN_BYTES = 16;

export function canaryRoutes(app: App, context: Pick<HttpContext, "coordinator" | "mayAudit">): void {
  const { coordinator } = context;
  const common = { tags: ["auditor"], security: [{ token: [] }] };
  const refused = refusals("unauthorized", "forbidden");
  const onRequest = forAuditors(context);
  const ofRun = { params: JobParams, response: { 204: Type.Null(), ...refused, ...refusals("not-found", "wrong-state") } };

  app.post(
    "/api/canary",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Ask for a job to measure; the auditor's token or an administrator's",
        body: CanaryClaimSchema,
        response: { 200: CanaryAnswerSchema, ...refused },
      },
    },
    async (request) => {
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
    { onRequest, schema: { ...common, ...ofRun, summary: "Say that a measurement goes on", body: CanaryAliveSchema } },
    async (request, reply) => {
      await coordinator.carryOut({ type: "canary-alive", job: request.params.id as JobId, run: request.body.run });
      return reply.status(204).send(null);
    },
  );

  app.post(
    "/api/canary/:id/report",
    { onRequest, schema: { ...common, ...ofRun, summary: "Tell what was found; it ends the measurement", body: CanaryReportSchema } },
    async (request, reply) => {
      const { run, finding } = request.body;
      await coordinator.carryOut({ type: "canary-report", job: request.params.id as JobId, run, finding });
      return reply.status(204).send(null);
    },
  );
}
