/** Opens both doors on one socket, HTTP for owners and pages, and the gateway for volunteers; closing drains them. */
import type { Server as HttpsServer } from "node:https";
import { join } from "node:path";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { Drain } from "./access/drain.ts";
import { isLoopback } from "./access/machine.ts";
import { Judges } from "./admit/admit.ts";
import type { TokenRow } from "./core/store.ts";
import { Gateway } from "./gateway/gateway.ts";
import { Signing } from "./gateway/signing.ts";
import { createApp } from "./http/app.ts";
import type { Metrics } from "./http/metrics.ts";
import { hashOf } from "./http/owners.ts";
import type { Parts, Place } from "./parts.ts";
import { fileBytes, folderBytes, seldom } from "./store/sizes.ts";
import type { Tls } from "./tls/tls.ts";

const BLOBS_MEASURED_EVERY_MS = 300_000;
const BUSY = "A job package was turned away unjudged: this machine is too busy to give its judge processor time.";

/**
 * What is to be served; nothing listens yet. `tls`: undefined for plain HTTP. `auditorToken`: who names it may audit, and do
 * nothing else by it.
 */
export async function openDoors(
  { config, data, version, log, opened }: Place,
  parts: Parts,
  metrics: Metrics,
  { tls, auditorToken }: { tls: Tls | undefined; auditorToken: string },
): Promise<Pick<FastifyInstance, "listen">> {
  const { coordinator, store, disk } = parts;
  const drain = new Drain();
  const judges = opened.add(new Judges({ onBusy: (spent) => log.warn(spent, BUSY) }));
  const mayAudit = async (token: string) => token === auditorToken || isAdministrator(await store.tokenOf(hashOf(token)));
  const ofGateway = {
    connected: () => gateway.publicAccounts,
    onRevoked: () => gateway.dropAuditors(),
    onSiteOff: (origin: string) => gateway.endVisits(origin),
  };
  const context = { ...parts, config, mayAudit, judges, drain, metrics, version, tls, ...ofGateway };
  // At this level Fastify would tell the address, which the command line tells.
  const httpLog = config.logLevel === "info" ? log.child({}, { level: "warn" }) : log;
  const app = opened.add(await createApp(context, httpLog as FastifyBaseLogger));
  if (tls) opened.add({ close: tls.follow(app.server as unknown as HttpsServer) });
  const gateway: Gateway = new Gateway(app.server, {
    ...parts,
    signing: await Signing.open(coordinator, store),
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    allowSoftware: config.allowSoftware,
    visitorsPerSite: config.visitorsPerSite,
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
  opened.add({
    async close() {
      drain.begin();
      log.info({ requests: drain.count }, "Stopping: nothing new is taken, what is under way is finished.");
      const [cut] = await Promise.all([drain.settled(config.drainSeconds * 1000), gateway.close()]);
      if (cut > 0) log.warn({ requests: cut }, "Requests that did not finish in time are cut off.");
    },
  });
  return app;
}

function isAdministrator(row: TokenRow | undefined): boolean {
  return row?.admin === true && row.revokedAt === null;
}
