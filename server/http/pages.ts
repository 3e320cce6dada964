/** The built pages: the visitor's, its assets, /privacy, /bench and /join. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
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

export async function pageRoutes(app: App): Promise<void> {
  const root = join(packageRoot(), "dist", "client");
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
  for (const name of ["privacy", "bench", "join"])
    app.get(`/${name}`, { schema: { hide: true } }, (_request, reply) => reply.sendFile(`${name}.html`));
}
