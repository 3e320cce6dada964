/** The built pages: the visitor's, its assets, /privacy and /bench. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import { IdlewaveError } from "../../shared/errors.ts";
import { ROOT } from "../root.ts";
import type { App } from "./context.ts";

const YEAR_S = 365 * 24 * 3600;

export async function pageRoutes(app: App): Promise<void> {
  const root = join(ROOT, "dist", "client");
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
  for (const name of ["privacy", "bench"])
    app.get(`/${name}`, { schema: { hide: true } }, (_request, reply) => reply.sendFile(`${name}.html`));
}
