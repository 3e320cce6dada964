/** A job's portability report. */
import { comparatorWords } from "../../shared/comparator-words.ts";
import { MIN_TOLD_HOSTS, type PortabilityReport, PortabilitySchema } from "../../shared/portability.ts";
import type { App, HttpContext } from "./context.ts";
import { JobParams } from "./jobs.ts";
import { isOwn, knownOwner } from "./owners.ts";
import { portabilityReport } from "./portability-report.ts";
import { refusals } from "./refusals.ts";
import { visibleJob } from "./viewer.ts";

export function portabilityRoutes(app: App, context: HttpContext): void {
  const { store, plans } = context;

  app.get(
    "/api/jobs/:id/portability",
    {
      schema: {
        tags: ["jobs"],
        summary: "Which kinds of GPUs agree on a job and which differ; to its owner's token or an administrator's, in which units",
        params: JobParams,
        response: { 200: PortabilitySchema, ...refusals("not-found", "bad-pass") },
      },
    },
    async (request): Promise<PortabilityReport> => {
      const row = await visibleJob(request, context, request.params.id);
      const { plan } = await plans.of(row.id);
      const rows = await store.portability(row.id, MIN_TOLD_HOSTS);
      const withUnits = isOwn(await knownOwner(request, store), row);
      return { job: row.id, compare: comparatorWords(plan), ...portabilityReport(rows, withUnits) };
    },
  );
}
