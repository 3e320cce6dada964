/** The built pages: the visitor's, its assets, and those beside it. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ARTICLES } from "../../shared/articles.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import { KEEPER_PATH } from "../../shared/widget.ts";
import { ROOT } from "../root.ts";
import type { App } from "./context.ts";

const YEAR_S = 365 * 24 * 3600;

/** Whoever reads here and asked for something that is not there. Programs are told so as everywhere. */
export function isLostReader({ method, url, headers }: FastifyRequest): boolean {
  if (method !== "GET" || url.startsWith("/api/") || url.startsWith("/blobs/")) return false;
  return headers.accept?.includes("text/html") === true && existsSync(join(pagesRoot(), NOT_FOUND));
}

/** Answers 404 with a page and a way back. */
export function sendNotFoundPage(reply: FastifyReply): void {
  void reply.status(404).sendFile(NOT_FOUND);
}

const NOT_FOUND = "not-found.html";

function pagesRoot(): string {
  return join(ROOT, "dist", "client");
}

export async function pageRoutes(app: App): Promise<void> {
  const root = pagesRoot();
  if (!existsSync(join(root, "index.html"))) {
    app.get("/", { schema: { hide: true } }, () => {
      throw new IdlewaveError("not-found", { what: "page yet: npm run build makes it" });
    });
    return;
  }
  await app.register(fastifyStatic, {
    root,
    cacheControl: false,
    schemaHide: true,
    setHeaders: (reply, path) => {
      // Vite puts a hash into the names of assets; pages change under the same name.
      const immutable = path.startsWith(join(root, "assets"));
      reply.header("cache-control", immutable ? `public, max-age=${YEAR_S}, immutable` : "no-cache");
    },
  });
  for (const name of ARTICLES)
    app.get(`/${name}`, { schema: { hide: true } }, (_request, reply) => {
      // A box in a frame opens it, and the two speak with each other: their groups must not be parted.
      if (`/${name}` === KEEPER_PATH) void reply.header("cross-origin-opener-policy", "unsafe-none");
      return reply.sendFile(`${name}.html`);
    });
}
