/** The built pages: the visitor's, its assets, and those beside it. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyReply, FastifyRequest } from "fastify";
import { ARTICLES } from "../../shared/articles.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { App } from "./context.ts";

const YEAR_S = 365 * 24 * 3600;

/** The folder of package.json, from the sources as from the bundle. */
export function packageRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, "package.json"))) {
    const above = dirname(folder);
    if (above === folder) throw new Error("package.json is in no folder above the server's code");
    folder = above;
  }
  return folder;
}

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
  return join(packageRoot(), "dist", "client");
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
  for (const name of ARTICLES) app.get(`/${name}`, { schema: { hide: true } }, (_request, reply) => reply.sendFile(`${name}.html`));
}
