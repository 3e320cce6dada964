/** Input blobs of jobs by hash: immutable, inert, in ranges. Result bytes lie in the same store and are never served here. */
import { Readable } from "node:stream";
import type { FastifyRequest } from "fastify";
import Type from "typebox";
import { chunkHashes } from "../../shared/chunks.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { BlobHash, PoolId } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { BlobStore } from "../core/blob-store.ts";
import type { JobRow } from "../core/store.ts";
import type { App, HttpContext } from "./context.ts";
import { hasTag, mayRange } from "./etag.ts";
import { inert } from "./inert.ts";
import { bytesRefusals } from "./refusals.ts";
import { seesPool, viewerOf } from "./viewer.ts";

/** The hashes that volunteers may fetch: plans, kernels, files, chunks and their lists, row tables; which pools' they are alone. */
export class JobBlobs {
  private readonly everybodys = new Set<BlobHash>();
  /** Of jobs of pools, whoever else has the same file. */
  private readonly pools = new Map<BlobHash, Set<PoolId>>();
  private readonly blobs: BlobStore;

  constructor(blobs: BlobStore) {
    this.blobs = blobs;
  }

  /** The blobs of one job: its own and those its plan names. */
  async add({ plan: planHash, source, pool }: Pick<JobRow, "plan" | "source" | "pool">, plan: JobPlan): Promise<void> {
    for (const hash of [planHash, source, ...(await this.inputsOf(plan))]) {
      if (pool === undefined) this.everybodys.add(hash);
      else this.pools.set(hash, (this.pools.get(hash) ?? new Set()).add(pool));
    }
  }

  isPublic(hash: BlobHash): boolean {
    return this.everybodys.has(hash);
  }

  /** Pools of whose jobs it is. */
  poolsOf(hash: BlobHash): Iterable<PoolId> {
    return this.pools.get(hash) ?? [];
  }

  private async inputsOf(plan: JobPlan): Promise<BlobHash[]> {
    const hashes = plan.rows ? [plan.rows.blob] : [];
    for (const { init } of plan.buffers) {
      if (init.kind === "file") hashes.push(init.blob);
      if (init.kind !== "split") continue;
      hashes.push(init.chunks);
      const list = await this.blobs.get(init.chunks);
      if (!list) throw new Error(`the chunk list ${init.chunks} is missing`);
      hashes.push(...chunkHashes(list));
    }
    return hashes;
  }
}

export function blobRoutes(app: App, context: Pick<HttpContext, "blobs" | "store" | "pools" | "clock">, ofJobs: JobBlobs): void {
  const { blobs } = context;

  app.get(
    "/blobs/:hash",
    {
      schema: {
        tags: ["blobs"],
        summary: "A job's input by its SHA-256",
        params: Type.Object({ hash: Type.String({ pattern: "^[0-9a-f]{64}$", description: "64 hexadecimal digits in lower case" }) }),
        response: bytesRefusals("not-found", "bad-pass"),
      },
    },
    async (request, reply) => {
      const hash = request.params.hash as BlobHash;
      const isPublic = ofJobs.isPublic(hash);
      const size = isPublic || (await isShown(request, hash)) ? await blobs.size(hash) : undefined;
      if (size === undefined) throw new IdlewaveError("not-found", { what: `blob ${hash}` });
      const etag = `"${hash}"`;
      void inert(reply).headers({
        etag,
        "accept-ranges": "bytes",
        "cache-control": isPublic ? "public, max-age=31536000, immutable" : "no-store",
        // A reader of a public kernel may be on another page.
        ...(isPublic ? { "access-control-allow-origin": "*" } : {}),
      });
      if (hasTag(request.headers["if-none-match"], etag)) return reply.status(304).send();
      const range = mayRange(request.headers["if-range"], etag) ? rangeOf(request.headers.range, size) : null;
      if (range === "beyond") {
        void reply.header("content-range", `bytes */${size}`);
        return reply.status(416).send();
      }
      if (range) void reply.status(206).header("content-range", `bytes ${range.from}-${range.to - 1}/${size}`);
      const { from, to } = range ?? { from: 0, to: size };
      void reply.header("content-length", to - from);
      if (to === from || request.method === "HEAD") return reply.send("");
      return reply.send(Readable.from(blobs.stream(hash, from, to) as AsyncIterable<Uint8Array>));
    },
  );

  /** Of a job of a pool, to whoever may see that. */
  async function isShown(request: FastifyRequest, hash: BlobHash): Promise<boolean> {
    const viewer = await viewerOf(request, context);
    for (const pool of ofJobs.poolsOf(hash)) if (seesPool(viewer, pool, context)) return true;
    return false;
  }
}

/**
 * @fastify/send would do ranges, but of files by path with an ETag of their date; blobs come from the store's interface, and
 * their name is their ETag.
 *
 * One range of bytes; null for none or a form that may be ignored, `beyond` when it starts after the end.
 */
export function rangeOf(header: string | undefined, size: number): { from: number; to: number } | "beyond" | null {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return null;
  if (match[1] === "") {
    const length = Math.min(size, Number(match[2]));
    return length === 0 ? "beyond" : { from: size - length, to: size };
  }
  const from = Number(match[1]);
  const to = match[2] === "" ? size : Math.min(size, Number(match[2]) + 1);
  if (from >= size) return "beyond";
  return to <= from ? null : { from, to };
}
