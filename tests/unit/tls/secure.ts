/** A coordinator with a certificate of its own making, and requests that trust it alone. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { IncomingHttpHeaders } from "node:http";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type Config, DEFAULT_CONFIG } from "../../../server/config.ts";
import { type RunningCoordinator, startCoordinator } from "../../../server/main.ts";

export interface Asked {
  method?: "GET" | "POST" | "DELETE";
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as they are. */
  bytes?: Uint8Array;
  headers?: Record<string, string>;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface SecureServer extends Omit<RunningCoordinator, "close"> {
  folder: string;
  token: string;
  /** PEM of what is to be trusted. */
  ca: string;
  /** With the administrator's token. Rejects where the certificate is no good. */
  ask(path: string, asked?: Asked, origin?: string): Promise<Answer>;
  /** The same, its answer read as JSON. */
  json<T>(path: string, asked?: Asked): Promise<T>;
  close(): Promise<void>;
}

export async function startSecure(changes: Partial<Config> = {}, ca?: string): Promise<SecureServer> {
  const folder = await mkdtemp(join(tmpdir(), "idlewave-tls-"));
  const running = await startCoordinator({ ...DEFAULT_CONFIG, logLevel: "error", port: 0, data: folder, tls: true, ...changes });
  const token = running.adminToken ?? "";
  const trusted = ca ?? (await pemOf(running));
  const server: SecureServer = {
    ...running,
    ...{ folder, token, ca: trusted },
    ask: (path, asked, origin = running.url) =>
      answerTo(origin + path, { ...asked, headers: { authorization: `Bearer ${token}`, ...asked?.headers } }, trusted),
    json: async (path, asked) => JSON.parse((await server.ask(path, asked)).text),
    async close() {
      await running.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return server;
}

async function pemOf({ authority }: RunningCoordinator): Promise<string> {
  return authority ? await readFile(authority.file, "utf8") : "";
}

export function answerTo(url: string, { method = "GET", body, bytes, headers }: Asked, ca: string): Promise<Answer> {
  const sent = body === undefined ? bytes : JSON.stringify(body);
  const type: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    request(url, { method, ca, agent: false, headers: { ...type, ...headers } }, (response) => {
      text(response).then((told) => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: told }), reject);
    })
      .once("error", reject)
      .end(sent);
  });
}
