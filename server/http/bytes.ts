/**
 * Results above 64 KiB: `PUT /api/results`, answered when they are on disk. The assignment's token is the right to send them.
 * A body is kept only when it is what was submitted, and only as long as it arrives at a pace.
 */
import type { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import { type BlobHash, hasUnit, type UnitIndex } from "../../shared/ids.ts";
import { type JobPlan, MAX_RESULT_BYTES } from "../../shared/plan.ts";
import { RESULT_TOKEN_HEADER } from "../../shared/result.ts";
import { MAX_TOKEN_BYTES } from "../../shared/wire.ts";
import { clientAddress } from "../access/address.ts";
import type { Room } from "../access/disk.ts";
import { mismatch, WRONG_DIGEST, WRONG_FRAMING, wrongLength } from "../access/mismatch.ts";
import type { Assignment } from "../core/events.ts";
import type { App, HttpContext } from "./context.ts";
import { Pace } from "./pace.ts";
import { Receiving } from "./receiving.ts";
import { refusals } from "./refusals.ts";

const LENGTH_BYTES = 8;

export function bytesRoutes(app: App, context: HttpContext, receiving = new Receiving(), newPace = () => new Pace()): void {
  const { config, tokens, plans, blobs, coordinator, disk } = context;
  app.put(
    "/api/results",
    {
      onRequest: async (request) => void assignmentOf(request),
      schema: {
        tags: ["volunteers"],
        summary: "Bytes of a wanted unit",
        description: "Header `Idlewave-Token`: the assignment's token, base64url. Body: the result bytes, application/octet-stream.",
        querystring: Type.Object({ unit: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }) }),
        response: {
          204: Type.Null(),
          ...refusals("bad-request", "bad-token", "not-wanted", "bytes-mismatch", "disk-full"),
        },
      },
    },
    async (request, reply) => {
      const assignment = assignmentOf(request);
      const unit = request.query.unit as UnitIndex;
      const { job, account } = assignment;
      const wanted = hasUnit(assignment.runs, unit) ? coordinator.wantedDigest(job, unit, account) : undefined;
      if (wanted === undefined) throw new IdlewaveError("not-wanted", { unit });
      const { plan, resultBytes } = await plans.of(job);
      const length = Number(request.headers["content-length"] ?? resultBytes);
      if (length > MAX_RESULT_BYTES) throw new IdlewaveError("too-large", { what: "The result", bytes: length, limit: MAX_RESULT_BYTES });
      if (length !== resultBytes) throw mismatch(unit, wrongLength(length, resultBytes));
      const done = receiving.enter({ account, job, unit, address: clientAddress(request.raw, config.trustProxy) });
      let room: Room | undefined;
      try {
        room = disk.reserve(resultBytes);
        const body = filling(newPace().of<Uint8Array>(request.body as Readable, sizeOf), room);
        await keepResult(framed(body, plan, unit), wanted as BlobHash, resultBytes, unit);
        const answered = await coordinator.dispatch({ type: "bytes", account, job, unit, digest: wanted, bytes: null });
        if (answered.type === "error") throw new IdlewaveError(answered.code, answered.details);
      } finally {
        room?.end();
        done();
      }
      return reply.status(204).send(null);
    },
  );

  function assignmentOf({ headers }: FastifyRequest): Assignment {
    const header = headers[RESULT_TOKEN_HEADER];
    if (typeof header !== "string" || header.length > Math.ceil((MAX_TOKEN_BYTES * 4) / 3))
      throw new IdlewaveError("bad-token", { why: "there is none" });
    return tokens.verify(new Uint8Array(Buffer.from(header, "base64url")));
  }

  /** Makes the body a blob when it is `digest`; else nothing of it stays. */
  async function keepResult(body: AsyncIterable<Uint8Array>, digest: BlobHash, bytes: number, unit: UnitIndex): Promise<void> {
    const held = await blobs.hold(body, bytes, "The result");
    if (held.hash !== digest) {
      await held.drop();
      throw mismatch(unit, WRONG_DIGEST);
    }
    await held.keep();
  }
}

/** Hands the body on while each output's length stands where the plan puts it; throws `bytes-mismatch` at the first that does not, and when all of it is too long or too short. */
async function* framed(body: AsyncIterable<Uint8Array>, plan: JobPlan, unit: UnitIndex): AsyncGenerator<Uint8Array> {
  const prefixes: { at: number; bytes: Uint8Array }[] = [];
  let next = 0;
  for (const { byteLength } of plan.outputs) {
    const bytes = new Uint8Array(LENGTH_BYTES);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(byteLength), true);
    prefixes.push({ at: next, bytes });
    next += LENGTH_BYTES + byteLength;
  }
  let from = 0;
  for await (const part of body) {
    const to = from + part.byteLength;
    if (to > next) throw mismatch(unit, wrongLength(to, next));
    for (const { at, bytes } of prefixes) {
      for (let i = Math.max(0, from - at); i < LENGTH_BYTES && at + i < to; i++)
        if (part[at + i - from] !== bytes[i]) throw mismatch(unit, WRONG_FRAMING);
    }
    yield part;
    from = to;
  }
  if (from !== next) throw mismatch(unit, wrongLength(from, next));
}

const sizeOf = (part: Uint8Array) => part.byteLength;

/** Hands the body on while there is room for it on the disk. */
export async function* filling(body: AsyncIterable<Uint8Array>, room: Room): AsyncGenerator<Uint8Array> {
  for await (const part of body) {
    room.wrote(part.byteLength);
    yield part;
  }
}
