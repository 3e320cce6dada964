/** Opens what lies behind the doors: the data folder, the coordinator on it, and what works beside it. */
import { join } from "node:path";
import type { Logger } from "pino";
import { Disk } from "./access/disk.ts";
import { Plans } from "./access/plans.ts";
import { Pools } from "./access/pools.ts";
import { TokenKeys } from "./access/token.ts";
import { tellAuditing } from "./auditing.ts";
import { Comparer } from "./comparer.ts";
import type { Config } from "./config.ts";
import { Coordinator, type CoordinatorOptions } from "./coordinator.ts";
import type { OpenBackup } from "./core/store.ts";
import type { Opened } from "./opened.ts";
import { DiskBlobs } from "./store/blobs.ts";
import { dropSnapshots, openBackup } from "./store/snapshot.ts";
import type { SqliteStore } from "./store/sqlite.ts";
import { Sweep } from "./sweep.ts";

const MIB = 1024 ** 2;
const MINUTE_MS = 60_000;
const KEYS_LOOKED_AT_EVERY_MS = 3_600_000;

export interface Parts {
  coordinator: Coordinator;
  store: SqliteStore;
  blobs: DiskBlobs;
  plans: Plans;
  tokens: TokenKeys;
  pools: Pools;
  disk: Disk;
  clock: () => number;
  /** Opens a backup of all that is stored. */
  backup: () => Promise<OpenBackup>;
}

/** What the parts are opened with. */
export interface Place {
  config: Config;
  /** The data folder. */
  data: string;
  store: SqliteStore;
  /** Of the program. */
  version: string;
  log: Logger;
  /** Gets each part as soon as it is open. */
  opened: Opened;
}

export async function openParts(place: Place, told: Pick<CoordinatorOptions, "onCommit" | "onReply">): Promise<Parts> {
  const { config, data, store, version, log, opened } = place;
  const blobs = await DiskBlobs.open(join(data, "blobs"));
  const coordinator = opened.add(await openCoordinator(place, told));
  const disk = await Disk.open({
    folder: data,
    minFreeBytes: config.minFreeMiB * MIB,
    onChange: (found) => log.warn(found, "The data folder's disk changed."),
  });
  opened.add(disk);
  const plans = new Plans((job) => coordinator.job(job), blobs);
  opened.add(new Comparer({ coordinator, store, blobs, plans, log }));
  const tokens = await TokenKeys.open(store);
  renewKeys(tokens, place);
  const pools = await Pools.open(store.pools, coordinator, tokens.ring);
  await dropSnapshots(data);
  const sweep = opened.add(new Sweep({ store, blobs, coordinator, clock: Date.now, log }));
  sweep.start();
  const snapshot = (path: string) => store.snapshot(path);
  const backup = () => sweep.waitFor(() => openBackup({ data, snapshot, blobs, program: version, now: Date.now() }));
  return { coordinator, store, blobs, plans, tokens, pools, disk, clock: Date.now, backup };
}

async function openCoordinator(
  { config, store, log }: Place,
  told: Pick<CoordinatorOptions, "onCommit" | "onReply">,
): Promise<Coordinator> {
  const coordinator = await Coordinator.open({
    ...told,
    store,
    onFatal: (error) => {
      // Memory is ahead of disk: whoever starts it again reads the truth from the store.
      log.fatal({ err: error }, "A commit failed; the coordinator stops.");
      process.exit(1);
    },
    auditShare: config.auditPercent / 100,
    canaryMs: config.canaryMinutes * MINUTE_MS,
    onAuditing: tellAuditing(log),
  });
  coordinator.on((notice) => {
    if (notice.type === "job-changed") log.info({ job: notice.job, state: coordinator.job(notice.job)?.state }, "A job changed.");
  });
  return coordinator;
}

function renewKeys(tokens: TokenKeys, { log, opened }: Place): void {
  const renewing = setInterval(() => {
    tokens.ring.renew(Date.now()).catch((error: unknown) => log.error({ err: error }, "The key of assignment tokens was not renewed."));
  }, KEYS_LOOKED_AT_EVERY_MS);
  opened.add({ close: () => clearInterval(renewing) });
}
