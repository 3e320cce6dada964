/** Results above 64 KiB: `PUT /api/results`, answered when they are on disk. The assignment's token is the right to send them. */
import Type from "typebox";
import { ErrorSchema } from "../../shared/api.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { BlobHash, UnitIndex } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import { MAX_TOKEN_BYTES } from "../../shared/wire.ts";
import type { BlobStore } from "../core/store.ts";
import { holds } from "../gateway/answer.ts";
import type { App, HttpContext } from "./context.ts";

export const MAX_RESULT_BYTES = 64 * 1024 * 1024;
/** Results received at a time, by all volunteers together. */
const MAX_RECEIVING = 64;
const LENGTH_BYTES = 8;

export function bytesRoutes(app: App, { tokens, plans, blobs, coordinator }: HttpContext): void {
  let receiving = 0;
  app.put(
    "/api/results",
    {
      schema: {
        tags: ["volunteers"],
        summary: "Bytes of a wanted unit",
        description: "Header `Idlewave-Token`: the assignment's token, base64url. Body: the result bytes, application/octet-stream.",
        querystring: Type.Object({ unit: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: { 204: Type.Null(), 400: ErrorSchema, 403: ErrorSchema, 409: ErrorSchema, 413: ErrorSchema, 422: ErrorSchema },
      },
    },
    async (request, reply) => {
      const header = request.headers["idlewave-token"];
      if (typeof header !== "string" || header.length > Math.ceil((MAX_TOKEN_BYTES * 4) / 3))
        throw new IdlewaveError("bad-token", { why: "there is none" });
      const assignment = tokens.verify(new Uint8Array(Buffer.from(header, "base64url")));
      const unit = request.query.unit as UnitIndex;
      const { job, account } = assignment;
      if (!holds(assignment, unit) || coordinator.wantedDigest(job, unit, account) === undefined)
        throw new IdlewaveError("not-wanted", { unit });
      const { plan, resultBytes } = await plans.of(job);
      const length = Number(request.headers["content-length"] ?? resultBytes);
      if (length > MAX_RESULT_BYTES) throw new IdlewaveError("too-large", { what: "The result", bytes: length, limit: MAX_RESULT_BYTES });
      if (length !== resultBytes) throw new IdlewaveError("bytes-mismatch", { unit });
      if (receiving >= MAX_RECEIVING) throw new IdlewaveError("too-fast", { limit: `${MAX_RECEIVING} results at a time`, retrySeconds: 1 });
      receiving++;
      try {
        const { hash, bytes } = await blobs.putStream(request.body as AsyncIterable<Uint8Array>, resultBytes, "The result");
        if (bytes !== resultBytes || !(await isFramed(blobs, hash, plan))) throw new IdlewaveError("bytes-mismatch", { unit });
        const answered = await coordinator.dispatch({ type: "bytes", account, job, unit, digest: hash, bytes: null });
        if (answered.type === "error") throw new IdlewaveError(answered.code, answered.details);
      } finally {
        receiving--;
      }
      return reply.status(204).send(null);
    },
  );
}

/** Whether each output's length stands where the plan puts it. */
async function isFramed(blobs: BlobStore, hash: BlobHash, plan: JobPlan): Promise<boolean> {
  let at = 0;
  for (const { byteLength } of plan.outputs) {
    const parts: Buffer[] = [];
    for await (const part of blobs.stream(hash, at, at + LENGTH_BYTES)) parts.push(part as Buffer);
    const prefix = Buffer.concat(parts);
    if (prefix.byteLength !== LENGTH_BYTES || prefix.readBigUInt64LE() !== BigInt(byteLength)) return false;
    at += LENGTH_BYTES + byteLength;
  }
  return true;
}
