/** Input blobs of jobs by hash: immutable, inert, in ranges. Result bytes lie in the same store and are never served here. */
import { Readable } from "node:stream";
import Type from "typebox";
import { chunkHashes } from "../../shared/chunks.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { BlobHash } from "../../shared/ids.ts";
import type { JobPlan } from "../../shared/plan.ts";
import type { BlobStore, JobRow } from "../core/store.ts";
import type { App, HttpContext } from "./context.ts";
import { inert } from "./inert.ts";
import { bytesRefusals } from "./refusals.ts";

/** The hashes that volunteers may fetch: plans, kernels, files, chunks and their lists, row tables. */
export class PublicBlobs {
  private readonly hashes = new Set<BlobHash>();
  private readonly blobs: BlobStore;

  constructor(blobs: BlobStore) {
    this.blobs = blobs;
  }

  /** The blobs of one job: its own and those its plan names. */
  async add(job: Pick<JobRow, "plan" | "source">, plan: JobPlan): Promise<void> {
    this.hashes.add(job.plan);
    this.hashes.add(job.source);
    await this.addInputs(plan);
  }

  has(hash: BlobHash): boolean {
    return this.hashes.has(hash);
  }

  private async addInputs(plan: JobPlan): Promise<void> {
    if (plan.rows) this.hashes.add(plan.rows.blob);
    for (const { init } of plan.buffers) {
      if (init.kind === "file") this.hashes.add(init.blob);
      if (init.kind !== "split") continue;
      this.hashes.add(init.chunks);
      const list = await this.blobs.get(init.chunks);
      if (!list) throw new Error(`the chunk list ${init.chunks} is missing`);
      for (const hash of chunkHashes(list)) this.hashes.add(hash);
    }
  }
}

export function blobRoutes(app: App, { blobs }: Pick<HttpContext, "blobs">, visible: PublicBlobs): void {
  app.get(
    "/blobs/:hash",
    {
      schema: {
        tags: ["blobs"],
        summary: "A job's input by its SHA-256",
        params: Type.Object({ hash: Type.String({ pattern: "^[0-9a-f]{64}$", description: "64 hexadecimal digits in lower case" }) }),
        response: bytesRefusals("not-found"),
      },
    },
    async (request, reply) => {
      const hash = request.params.hash as BlobHash;
      const size = visible.has(hash) ? await blobs.size(hash) : undefined;
      if (size === undefined) throw new IdlewaveError("not-found", { what: `blob ${hash}` });
      const etag = `"${hash}"`;
      void inert(reply).headers({
        etag,
        "accept-ranges": "bytes",
        "cache-control": "public, max-age=31536000, immutable",
        "access-control-allow-origin": "*", // public, and a reader of the kernel may be on another page
      });
      if (request.headers["if-none-match"] === etag) return reply.status(304).send();
      const condition = request.headers["if-range"];
      const range = condition === undefined || condition === etag ? rangeOf(request.headers.range, size) : null;
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
