/** Starts a coordinator: its data folder, its parts (parts.ts), its doors (doors.ts), and the address that it listens at. */
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import { networkOrigin } from "./access/machine.ts";
import { AUDITING } from "./auditing.ts";
import { type Config, speaksTls } from "./config.ts";
import { openDoors } from "./doors.ts";
import { warnOfExposure } from "./exposure.ts";
import { Metrics } from "./http/metrics.ts";
import { newToken } from "./http/owners.ts";
import { openLog } from "./log.ts";
import { Opened } from "./opened.ts";
import { openParts } from "./parts.ts";
import { ROOT } from "./root.ts";
import { SqliteStore } from "./store/sqlite.ts";
import { openTls, type Tls } from "./tls/tls.ts";

const LEFT_OUT =
  "A row of the database is none that this program wrote. It is left out of what is told; npx idlewave doctor, once this is stopped, says more.";
/** What closing may take beyond the drain; a disk that hangs must not keep the process. */
const CLOSE_MS = 20_000;

export interface RunningCoordinator {
  /** Where it listens. */
  url: string;
  /** Where others reach it; undefined when it listens for this machine alone. */
  network: string | undefined;
  /** Who signs its certificate, where that is of its own making. */
  authority: Tls["authority"];
  /** Made on the first start of a data folder, and told only then. */
  adminToken?: string;
  /** Lets a host audit as long as this coordinator runs, and do nothing else. */
  auditorToken: string;
  /** Drains, disconnects everybody, waits until all that was acknowledged is on disk, and frees the data folder. */
  close(): Promise<void>;
}

/** Rejects when the data folder cannot be opened or the address is taken. */
export async function startCoordinator(config: Config, { auditorFollows = false } = {}): Promise<RunningCoordinator> {
  const log = openLog(config);
  const data = resolve(config.data);
  await mkdir(data, { recursive: true, mode: 0o700 });
  const tls = await openTls(config, data, log);
  const opened = new Opened();
  const store = opened.add(new SqliteStore(join(data, "idlewave.sqlite"), (row) => log.error({ row }, LEFT_OUT)));
  try {
    const version = await versionOf();
    const metrics = new Metrics();
    const place = { config, data, store, version, log, opened };
    const parts = await openParts(place, { onCommit: metrics.onCommit, onReply: metrics.onReply });
    const { token: auditorToken } = newToken();
    const app = await openDoors(place, parts, metrics, { tls, auditorToken });
    const url = await app.listen({ host: config.host, port: config.port });
    const network = networkOrigin({ ...config, isSecure: speaksTls(config) }, config.port || Number(new URL(url).port));
    warnOfExposure(log, config);
    // Made only once it can be told: a start that failed before must not swallow it.
    const adminToken = await firstToken(store);
    const { coordinator } = parts;
    if (coordinator.auditing === "none" && !auditorFollows) log.info(AUDITING.none);
    log.info({ version, jobs: coordinator.jobs().length }, "The coordinator is ready.");
    const close = () => inTime(opened.close(), config.drainSeconds * 1000 + CLOSE_MS, log);
    const { authority } = tls ?? {};
    return { url, network, authority, auditorToken, ...(adminToken === undefined ? {} : { adminToken }), close };
  } catch (error) {
    await opened.close().catch((err: unknown) => log.error({ err }, "What was opened for a start that failed could not be closed."));
    throw error;
  }
}

/** What was acknowledged is on disk already: whoever starts it again finds it. */
async function inTime(closing: Promise<void>, ms: number, log: Logger): Promise<void> {
  const timer = setTimeout(() => {
    log.fatal("Closing takes too long; the process ends.");
    process.exit(1);
  }, ms);
  await closing.finally(() => clearTimeout(timer));
  log.info("The coordinator has stopped.");
}

async function firstToken(store: SqliteStore): Promise<string | undefined> {
  if ((await store.tokens()).length > 0) return undefined;
  const { token, hash } = newToken();
  await store.addToken("admin", true, hash, Date.now());
  return token;
}

async function versionOf(): Promise<string> {
  const { version } = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")) as { version: string };
  return version;
}
