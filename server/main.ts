/** Wires the coordinator: store, core, admission, HTTP and gateway. Nothing else does. */
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FastifyBaseLogger } from "fastify";
import type { Logger } from "pino";
import { isPublicAddress } from "./access/address.ts";
import { Plans } from "./access/plans.ts";
import { TokenKeys } from "./access/token.ts";
import { Judges } from "./admit/admit.ts";
import type { Config } from "./config.ts";
import { Coordinator } from "./coordinator.ts";
import { Gateway } from "./gateway/gateway.ts";
import { createApp } from "./http/app.ts";
import { newToken } from "./http/owners.ts";
import { packageRoot } from "./http/pages.ts";
import { openLog } from "./log.ts";
import { DiskBlobs } from "./store/blobs.ts";
import { SqliteStore } from "./store/sqlite.ts";

export interface RunningCoordinator {
  /** Where it listens. */
  url: string;
  /** Made on the first start of a data folder, and told only then. */
  adminToken?: string;
  /** Disconnects everybody, waits until all that was acknowledged is on disk, and frees the data folder. */
  close(): Promise<void>;
}

/** Rejects when the data folder cannot be opened or the address is taken. */
export async function startCoordinator(config: Config): Promise<RunningCoordinator> {
  const log = openLog(config.logLevel);
  const data = resolve(config.data);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const store = new SqliteStore(join(data, "idlewave.sqlite"));
  const opened: { close(): Promise<unknown> }[] = [store];
  const closeAll = async () => {
    for (const part of opened.reverse()) await part.close();
  };
  try {
    const blobs = await DiskBlobs.open(join(data, "blobs"));
    const onFatal = (error: unknown) => {
      // Memory is ahead of disk: whoever starts it again reads the truth from the store.
      log.fatal({ err: error }, "A commit failed; the coordinator stops.");
      process.exit(1);
    };
    const coordinator = await Coordinator.open({ store, onFatal });
    opened.push(coordinator);
    const judges = new Judges();
    opened.push(judges);
    const plans = new Plans((job) => coordinator.job(job), blobs);
    const tokens = await TokenKeys.open(store);
    const parts = { coordinator, store, blobs, plans, tokens, clock: Date.now };
    const context = { ...parts, config, judges, version: await versionOf(), connected: () => gateway.accounts };
    // At this level Fastify would tell the address, which the command line tells.
    const httpLog = config.logLevel === "info" ? log.child({}, { level: "warn" }) : log;
    const app = await createApp(context, httpLog as FastifyBaseLogger);
    opened.push({ close: () => app.close() });
    const gateway: Gateway = new Gateway(app.server, {
      ...parts,
      publicUrl: config.publicUrl,
      trustProxy: config.trustProxy,
      allowSoftware: config.allowSoftware,
      listensPublicly: !isLoopback(config.host),
      log,
    });
    opened.push(gateway);
    const url = await app.listen({
      host: config.host,
      port: config.port,
    });
    warnOfExposure(log, config);
    // Made only once it can be told: a start that failed before must not swallow it.
    const adminToken = await firstToken(store);
    return { url, ...(adminToken === undefined ? {} : { adminToken }), close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function firstToken(store: SqliteStore): Promise<string | undefined> {
  if ((await store.tokens()).length > 0) return undefined;
  const { token, hash } = newToken();
  await store.addToken("admin", true, hash, Date.now());
  return token;
}

async function versionOf(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  return version;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

function warnOfExposure(log: Logger, config: Config): void {
  if (isLoopback(config.host)) return;
  if (!config.publicUrl.startsWith("https:"))
    log.warn("Browsers offer WebGPU only over HTTPS or on localhost: put a proxy with a certificate in front and set publicUrl.");
  if (isPublicAddress(config.host) && config.trustProxy > 0)
    log.warn("trustProxy is set and this address is reachable directly: who comes past the proxy can claim any address.");
}
