/** A donor in Node: the browser's session on Dawn's GPU, its key and its outbox in a folder. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import { openEar } from "../donor/account/ear.ts";
import { Turns } from "../donor/computing/turns.ts";
import { errand } from "../donor/errand.ts";
import { Manners } from "../donor/manners/manners.ts";
import { UNTOLD } from "../donor/manners/surroundings.ts";
import type { Wishes } from "../donor/manners/wishes.ts";
import { machineName } from "../donor/pools/machine-name.ts";
import { Report } from "../donor/report.ts";
import { Session } from "../donor/session.ts";
import type { DonorStart, DonorState, Ending } from "../donor/state.ts";
import { fileBarred } from "./barred.ts";
import { fileCheckpoints } from "./checkpoints.ts";
import { closeDawn, openDawn } from "./gpu.ts";
import { fileIdentity } from "./identity.ts";
import { fileShelf } from "./shelf.ts";
import { fileSpeeds } from "./speed.ts";

/** Nobody sits before it, as far as it can tell. */
const SURROUNDINGS = { ...UNTOLD, screen: false };

export interface NodeDonor {
  /**
   * Resolves when the session has ended, by itself or by `stop`, and everything is put away. After a kernel that does not end
   * (phase "endless") Dawn is not: only the end of the process ends it.
   */
  ended: Promise<void>;
  /** Nothing is submitted to the GPU when it resolves. */
  stop(ending: Ending): Promise<void>;
}

export interface NodeDonorOptions extends DonorStart {
  wishes: Wishes;
  /** Folder of `identity.json`, `outbox.sqlite`, `checkpoints`, `barred-kernels` and `speed.json`, made when it is not there. */
  home: string;
  /** Part of the name of the GPU to use. */
  gpu: string | undefined;
  /** The secret of a link to join a pool, which is served then. */
  join?: string | undefined;
  /** What others in the pool call this machine; of the link. */
  name?: string | undefined;
  onState: (state: DonorState) => void;
}

/** Rejects when the pool cannot be joined, when the folder cannot be had, or another donor has it, or Dawn does not know the GPU. */
export async function startDonor({ home, gpu, onState, join: secret, name, ...options }: NodeDonorOptions): Promise<NodeDonor> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  const shelf = fileShelf(join(home, "outbox.sqlite"));
  try {
    const identity = await fileIdentity(join(home, "identity.json"));
    const kind = { browser: "node", os: process.platform };
    const called = name ?? machineName(kind);
    const pool = secret === undefined ? options.pool : await errand(options.origin, identity, (socket) => socket.join(secret, called));
    const machine = { ...kind, gpu: openDawn(gpu) };
    const report = new Report();
    report.begin(options.dose);
    report.watch(onState);
    const manners = new Manners({
      dose: options.dose,
      wishes: options.wishes,
      surroundings: SURROUNDINGS,
      mayBeSoftware: () => report.mayBeSoftware,
    });
    const onWish = (wish: RemoteWish) => manners.setRemote(wish);
    const kept = {
      onWish,
      shelf: { ...shelf, checkpoints: fileCheckpoints(join(home, "checkpoints")) },
      barred: fileBarred(join(home, "barred-kernels")),
    };
    const speeds = fileSpeeds(join(home, "speed.json"));
    const turns = new Turns({
      ...{ manners, report },
      open: (throttle, wishes) => new Session({ ...options, pool, wishes }, identity, kept, speeds, throttle, report, machine),
      listen: () => openEar(options.origin, identity, onWish),
    });
    const ended = turns.ended.then(() => {
      manners.end();
      shelf.close();
      if (!turns.endless) closeDawn();
    });
    return { ended, stop: async (ending) => void (await turns.stop(ending)) };
  } catch (error) {
    shelf.close();
    throw error;
  }
}
