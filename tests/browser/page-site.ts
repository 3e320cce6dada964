/** The built page with a scripted donor, served beside answers that a test sets. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import type { JobStatus, NetworkInfo } from "../../shared/api.ts";
import { ARTICLES } from "../../shared/articles.ts";
import { finalCells, job, network, PLAN, PORTABILITY, picture, primes, SOURCE } from "./page-fixtures.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SCRIPTED = fileURLToPath(new URL("./page-donor.ts", import.meta.url));
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};
/** What the coordinator sends with its pages. */
const POLICY =
  "default-src 'self'; connect-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'self'; frame-ancestors 'self'";

/** What a test may change. */
export interface Answers {
  /** Paths asked for, in order. */
  asked: string[];
  /** The changes after which pictures were asked for, in order. */
  since: number[];
  jobs: JobStatus[];
  network: NetworkInfo;
  /** Picture of each job. */
  pictures: Map<number, Uint8Array>;
  refused: { unit: number; volunteer: string; digest: string; canonical: string; at: string }[];
  /** Pictures are answered after this. */
  hold: Promise<void>;
  /** Answers 503 to everything under /api. */
  down: boolean;
}

export interface Site extends Answers {
  url: string;
  folder: string;
  close(): Promise<void>;
}

export const SOURCE_HASH = createHash("sha256").update(SOURCE).digest("hex");
export const PLAN_HASH = createHash("sha256").update(PLAN).digest("hex");

/** Squares of the first job that are verified. */
export const FINAL = finalCells(0.62);

/** Two jobs, the first with a picture of which some two thirds are done; nothing was asked yet. */
export function firstAnswers(): Answers {
  const units = { total: 380, final: FINAL.length, failed: 0, leased: 11, voted: 9 };
  return {
    ...{ asked: [], since: [], network, refused: [], hold: Promise.resolve(), down: false },
    jobs: [job({ source: SOURCE_HASH, plan: PLAN_HASH, units }), primes()],
    pictures: new Map([[1, picture(0.62)]]),
  };
}

export async function openSite(): Promise<Site> {
  const folder = await mkdtemp(join(tmpdir(), "idlewave-page-"));
  const scripted = {
    name: "scripted-donor",
    enforce: "pre" as const,
    resolveId: (id: string) => (/donor[\\/]worker\.ts$/.test(id) ? SCRIPTED : null),
  };
  await build({
    configFile: join(ROOT, "vite.config.ts"),
    logLevel: "error",
    worker: { format: "es", plugins: () => [scripted] },
    build: { outDir: folder, emptyOutDir: true, sourcemap: false },
  });
  const site: Site = {
    ...firstAnswers(),
    url: "",
    folder,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
  const server = createServer((request, response) => void answer(site, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  site.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  return site;
}

type Answer = [status: number, body: string | Uint8Array, type: string];
const JSON_TYPE = "application/json";

async function answer(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  site.asked.push(pathname);
  if (searchParams.has("since")) site.since.push(Number(searchParams.get("since")));
  const etag = request.headers["if-none-match"];
  if (pathname.endsWith("/picture")) await site.hold;
  const [status, body, type] = pathname.startsWith("/api/") ? answerApi(site, pathname, response, etag) : await answerFile(site, pathname);
  response.writeHead(status, { "content-type": type, "content-security-policy": POLICY, "x-content-type-options": "nosniff" });
  response.end(body);
}

async function answerFile(site: Site, path: string): Promise<Answer> {
  if (path === `/blobs/${SOURCE_HASH}`) return [200, SOURCE, "application/octet-stream"];
  if (path === `/blobs/${PLAN_HASH}`) return [200, PLAN, "application/octet-stream"];
  const isArticle = ARTICLES.some((name) => path === `/${name}`);
  const file = path === "/" ? "index.html" : isArticle ? `${path.slice(1)}.html` : normalize(path).slice(1);
  const bytes = await readFile(join(site.folder, file)).catch(() => null);
  return bytes ? [200, bytes, TYPES[extname(file)] ?? "application/octet-stream"] : [404, "not there", "text/plain"];
}

function answerApi(site: Site, path: string, response: ServerResponse, known: string | undefined): Answer {
  if (site.down) return [503, "{}", JSON_TYPE];
  if (path === "/api/jobs") return [200, JSON.stringify({ jobs: site.jobs }), JSON_TYPE];
  if (path === "/api/network") return [200, JSON.stringify(site.network), JSON_TYPE];
  const [, id, part] = /^\/api\/jobs\/(\d+)(?:\/(\w+))?$/.exec(path) ?? [];
  const job = site.jobs.find((each) => each.id === Number(id));
  const bytes = site.pictures.get(Number(id));
  if (!job) return [404, "{}", JSON_TYPE];
  if (part === "refused") return [200, JSON.stringify({ refused: site.refused }), JSON_TYPE];
  if (part === "portability") return [200, JSON.stringify(PORTABILITY), JSON_TYPE];
  if (part !== "picture") return [200, JSON.stringify(job), JSON_TYPE];
  if (!bytes) return [404, "{}", JSON_TYPE];
  const etag = `W/"${createHash("sha256").update(bytes).digest("hex").slice(0, 16)}"`;
  response.setHeader("etag", etag);
  return known === etag ? [304, "", "application/octet-stream"] : [200, bytes, "application/octet-stream"];
}
