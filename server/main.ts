/** Wires the coordinator: store, core, admission, HTTP and gateway. Nothing else does. */
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { FastifyBaseLogger } from "fastify";
import type { Logger } from "pino";
import { Disk } from "./access/disk.ts";
import { Drain } from "./access/drain.ts";
import { Plans } from "./access/plans.ts";
import { Pools } from "./access/pools.ts";
import { TokenKeys } from "./access/token.ts";
import { Judges } from "./admit/admit.ts";
import type { Config } from "./config.ts";
import { Coordinator } from "./coordinator.ts";
import type { AuditState } from "./core/audit.ts";
import type { TokenRow } from "./core/store.ts";
import { isLoopback, warnOfExposure } from "./exposure.ts";
import { Gateway } from "./gateway/gateway.ts";
import { Signing } from "./gateway/signing.ts";
import { createApp } from "./http/app.ts";
import { Metrics } from "./http/metrics.ts";
import { hashOf, newToken } from "./http/owners.ts";
import { openLog } from "./log.ts";
import { ROOT } from "./root.ts";
import { DiskBlobs } from "./store/blobs.ts";
import { fileBytes, folderBytes, seldom } from "./store/sizes.ts";
import { dropSnapshots, openBackup } from "./store/snapshot.ts";
import { SqliteStore } from "./store/sqlite.ts";
import { Sweep } from "./sweep.ts";

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const KEYS_LOOKED_AT_EVERY_MS = 3_600_000;
const BLOBS_MEASURED_EVERY_MS = 300_000;
/** What closing may take beyond the drain; a disk that hangs must not keep the process. */
const CLOSE_MS = 20_000;

export interface RunningCoordinator {
  /** Where it listens. */
  url: string;
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
  const store = new SqliteStore(join(data, "idlewave.sqlite"));
  const opened: { close(): Promise<unknown> }[] = [store];
  const closeAll = async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  try {
    const blobs = await DiskBlobs.open(join(data, "blobs"));
    const onFatal = (error: unknown) => {
      // Memory is ahead of disk: whoever starts it again reads the truth from the store.
      log.fatal({ err: error }, "A commit failed; the coordinator stops.");
      process.exit(1);
    };
    const metrics = new Metrics();
    const { onCommit, onReply } = metrics;
    const coordinator = await Coordinator.open({
      store,
      onFatal,
      onCommit,
      onReply,
      auditShare: config.auditPercent / 100,
      canaryMs: config.canaryMinutes * MINUTE_MS,
      onAuditing: tellAuditing(log),
    });
    opened.push(coordinator);
    coordinator.on((notice) => {
      if (notice.type === "job-changed") log.info({ job: notice.job, state: coordinator.job(notice.job)?.state }, "A job changed.");
    });
    const disk = await Disk.open({
      folder: data,
      minFreeBytes: config.minFreeMiB * MIB,
      onChange: (found) => log.warn(found, "The data folder's disk changed."),
    });
    opened.push({ close: async () => disk.close() });
    const drain = new Drain();
    const judges = new Judges();
    opened.push(judges);
    const plans = new Plans((job) => coordinator.job(job), blobs);
    const tokens = await TokenKeys.open(store);
    const renewing = setInterval(() => {
      tokens.ring.renew(Date.now()).catch((error: unknown) => log.error({ err: error }, "The key of assignment tokens was not renewed."));
    }, KEYS_LOOKED_AT_EVERY_MS);
    opened.push({ close: async () => clearInterval(renewing) });
    const pools = await Pools.open(store.pools, coordinator, tokens.ring);
    const parts = { coordinator, store, blobs, plans, tokens, pools, disk, clock: Date.now };
    const version = await versionOf();
    await dropSnapshots(data);
    const snapshot = (path: string) => store.snapshot(path);
    const sweep = new Sweep({ store, blobs, coordinator, clock: Date.now, log });
    sweep.start();
    opened.push(sweep);
    const backup = () => sweep.waitFor(() => openBackup({ data, snapshot, blobs, program: version, now: Date.now() }));
    const { token: auditorToken } = newToken();
    const mayAudit = async (token: string) => token === auditorToken || isAdministrator(await store.tokenOf(hashOf(token)));
    const ofGateway = { connected: () => gateway.publicAccounts, onRevoked: () => gateway.dropAuditors() };
    const context = { ...parts, config, mayAudit, judges, drain, metrics, version, backup, ...ofGateway };
    // At this level Fastify would tell the address, which the command line tells.
    const httpLog = config.logLevel === "info" ? log.child({}, { level: "warn" }) : log;
    const app = await createApp(context, httpLog as FastifyBaseLogger);
    opened.push({ close: () => app.close() });
    const gateway: Gateway = new Gateway(app.server, {
      ...parts,
      signing: await Signing.open(coordinator, store),
      publicUrl: config.publicUrl,
      trustProxy: config.trustProxy,
      allowSoftware: config.allowSoftware,
      mayAudit,
      listensPublicly: !isLoopback(config.host),
      drainMs: config.drainSeconds * 1000,
      onRefused: (code) => metrics.refused(code),
      log,
    });
    const files = ["", "-wal", "-shm"].map((suffix) => join(data, `idlewave.sqlite${suffix}`));
    metrics.watch({
      ...{ coordinator, disk, drain, judges },
      accounts: () => gateway.accounts,
      databaseBytes: () => fileBytes(files),
      blobBytes: seldom(() => folderBytes(join(data, "blobs")), BLOBS_MEASURED_EVERY_MS),
    });
    opened.push({
      async close() {
        drain.begin();
        log.info({ requests: drain.count }, "Stopping: nothing new is taken, what is under way is finished.");
        const [cut] = await Promise.all([drain.settled(config.drainSeconds * 1000), gateway.close()]);
        if (cut > 0) log.warn({ requests: cut }, "Requests that did not finish in time are cut off.");
      },
    });
    const url = await app.listen({
      host: config.host,
      port: config.port,
    });
    warnOfExposure(log, config);
    // Made only once it can be told: a start that failed before must not swallow it.
    const adminToken = await firstToken(store);
    if (coordinator.auditing === "none" && !auditorFollows) log.info(AUDITING.none);
    log.info({ version, jobs: coordinator.jobs().length }, "The coordinator is ready.");
    const close = () => inTime(closeAll(), config.drainSeconds * 1000 + CLOSE_MS, log);
    return { url, auditorToken, ...(adminToken === undefined ? {} : { adminToken }), close };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

const AUDITING: Record<AuditState, string> = {
  none: "Nothing is audited, and new jobs are not measured: what two volunteers agree on is final. Start an auditor with serve --audit, or npx idlewave audit on a machine with a GPU.",
  away: "The auditor has left. For ten minutes what it owes waits for it, then what volunteers agree on is final.",
  behind: "The auditor cannot keep up: less of what volunteers agree on is looked at than should be.",
  auditing: "An auditor looks at what volunteers agree on.",
};

function tellAuditing(log: Logger): (state: AuditState) => void {
  return (state) => log[state === "away" || state === "behind" ? "warn" : "info"](AUDITING[state]);
}

function isAdministrator(row: TokenRow | undefined): boolean {
  return row?.admin === true && row.revokedAt === null;
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
