/** A job's results in the owner's format, streamed as they are read. */
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import Type from "typebox";
import { type JobState, RESULT_FORMATS, type ResultFormat } from "../../shared/api.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import { exportResults, needFewHoles, type SourceUnit } from "../../shared/export/export.ts";
import type { JobId, UnitIndex } from "../../shared/ids.ts";
import type { App, HttpContext } from "./context.ts";
import { resultOf } from "./follow.ts";
import { JobParams } from "./jobs.ts";
import { forOwners } from "./owners.ts";
import { refusals } from "./refusals.ts";
import { ownJob } from "./viewer.ts";

const READ_ROWS = 64;
/** How long results are written in one go. */
const TURN_MS = 5;

const ResultsQuery = Type.Object({
  format: Type.Optional(
    Type.Union(
      RESULT_FORMATS.map((format) => Type.Literal(format)),
      { description: "Default json." },
    ),
  ),
  output: Type.Optional(Type.String({ maxLength: 200, description: "Which output; default the first." })),
  partial: Type.Optional(Type.Union([Type.Literal("0"), Type.Literal("1")], { description: "1: what is final so far." })),
});

export function resultRoutes(app: App, context: HttpContext): void {
  const { store, plans } = context;
  app.get(
    "/api/jobs/:id/results",
    {
      onRequest: forOwners(store),
      schema: {
        tags: ["jobs"],
        summary: "Results; its owner's token or an administrator's",
        description:
          "`Idlewave-Holes` counts the units that failed or are missing. In json and ndjson, elements of u64 and i64 and exact sums and counts are decimal strings, whatever their size; u8, u32, i32, unit numbers and bin counts are numbers; NaN and infinities are strings. Missing units are written one by one in csv, json and npy, up to 10,000,000 of them and 4 GiB in their place; ndjson lists them in runs.",
        security: [{ token: [] }],
        params: JobParams,
        querystring: ResultsQuery,
        response: {
          200: Type.Unsafe<Readable>({ type: "string", format: "binary" }),
          ...refusals("bad-request", "bad-format", "unauthorized", "forbidden", "not-found", "not-ready"),
        },
      },
    },
    async (request, reply) => {
      const row = await ownJob(request, context, request.params.id);
      const { format, output, partial } = request.query as { format?: ResultFormat; output?: string; partial?: "0" | "1" };
      if (row.state !== "done" && partial !== "1")
        throw new IdlewaveError("not-ready", { job: row.id, state: row.state, todo: waysOut(row.state) });
      const { plan, manifest } = await plans.of(row.id);
      // Of the store, whose units are what is written: memory runs ahead of it.
      const holes = plan.units.count - (await store.tally(row.id)).final;
      const meta = { job: row.id, name: manifest.name, complete: holes === 0 };
      needFewHoles(plan, output, format ?? "json", holes);
      const exported = exportResults(plan, output, format ?? "json", finalUnits(context, row.id), meta);
      const chunks = await started(exported.chunks);
      if (holes > 0) void reply.header("idlewave-holes", holes);
      void reply.header("content-disposition", `attachment; filename="${manifest.name}.${exported.extension}"`);
      void reply.header("cache-control", "no-store");
      return reply.type(exported.mime).send(Readable.from(chunks));
    },
  );
}

/** What can be done for results of a job that is not done, one sentence. */
function waysOut(state: JobState): string {
  const partial = "ask for what is final so far with --partial (over HTTP partial=1)";
  switch (state) {
    case "draft":
      return "Start it with resume.";
    case "canary":
      return "It runs once the auditor has measured it.";
    case "paused":
      return `Go on with resume, or ${partial}.`;
    case "cancelled":
    case "failed":
      return `It is over: ${partial}, or submit the package again.`;
    default:
      return `Wait for the job, or ${partial}.`;
  }
}

async function* finalUnits({ store, blobs }: HttpContext, job: JobId): AsyncGenerator<SourceUnit> {
  let from = 0 as UnitIndex;
  for (;;) {
    const rows = await store.finals(job, from, READ_ROWS);
    for (const row of rows) yield { unit: row.unit, bytes: await resultOf(row, blobs) };
    const last = rows.at(-1);
    if (!last || rows.length < READ_ROWS) return;
    from = (last.unit + 1) as UnitIndex;
    await nextTurn();
  }
}

/** Reads the first chunk before anything is sent, so that what cannot be written is still an error with its status. */
async function started(chunks: AsyncIterable<Uint8Array>): Promise<AsyncGenerator<Uint8Array>> {
  const iterator = chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  return (async function* () {
    let next = first;
    let since = performance.now();
    while (!next.done) {
      if (next.value.byteLength > 0) yield next.value;
      // A reader that keeps up must not keep the event loop from the others.
      if (performance.now() - since > TURN_MS) {
        await nextTurn();
        since = performance.now();
      }
      next = await iterator.next();
    }
  })();
}
