/** This machine as a device of its person's account, without lending: to join it, to see which there are, to wish something of one, to take one off. All reject with the coordinator's words. */
import { access, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { certify, takeOff } from "../../shared/account/certificate.ts";
import { type AccountKey, accountKey } from "../../shared/account/key.ts";
import type { RemoteWish } from "../../shared/account/remote-wish.ts";
import type { AccountNotice, DeviceInfo } from "../../shared/protocol.ts";
import { errand, Refused } from "../donor/errand.ts";
import type { Identity } from "../donor/identity.ts";
import { fileIdentity } from "./identity.ts";
import { fileShelf } from "./shelf.ts";

/** A coordinator, and the folder of this machine's key. */
export interface Place {
  origin: string;
  home: string;
}

/** What the account has now, of all its devices. */
export async function linkDevice({ origin, home }: Place, seed: Uint8Array, name: string): Promise<AccountNotice> {
  const identity = await identityIn(home);
  return await errand(origin, identity, (socket) => socket.link(certify(accountKey(seed), identity.publicKey, name, Date.now())));
}

export async function devicesOf({ origin, home }: Place): Promise<DeviceInfo[]> {
  return await errand(origin, await identityIn(home), (socket) => socket.devices());
}

/** `device`: its public key. */
export async function removeDevice({ origin, home }: Place, key: AccountKey, device: Uint8Array): Promise<void> {
  await errand(origin, await identityIn(home), (socket) => socket.revoke(takeOff(key, device, Date.now())));
}

/** `device`: its public key. */
export async function wishOf({ origin, home }: Place, device: Uint8Array, wish: RemoteWish): Promise<void> {
  await errand(origin, await identityIn(home), (socket) => socket.wish(device, wish));
}

/** What a donor keeps in its folder; the key last, as long as something fails it is needed. */
const KEPT = ["outbox.sqlite", "outbox.sqlite-wal", "outbox.sqlite-shm", "checkpoints", "barred-kernels", "speed.json", "identity.json"];

/** This machine alone, or with its account's key all of the account; then what the machine keeps. Rejects where no key is, and while a donor lends under it. */
export async function forget({ origin, home }: Place, key?: AccountKey): Promise<void> {
  const path = join(home, "identity.json");
  await access(path).catch(() => {
    throw new Error(`${path} is not there: this machine has no key.`);
  });
  const shelf = fileShelf(join(home, "outbox.sqlite"));
  try {
    const identity = await fileIdentity(path);
    const asked = errand(origin, identity, (socket) => (key ? socket.forgetAccount(key.sign) : socket.forget()));
    await asked.catch((error: unknown) => {
      // Taken off its account it has but its key to lose.
      if (key || !(error instanceof Refused && error.code === "device-revoked")) throw error;
    });
  } finally {
    shelf.close();
  }
  for (const name of KEPT) await rm(join(home, name), { recursive: true, force: true });
}

async function identityIn(home: string): Promise<Identity> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  return await fileIdentity(join(home, "identity.json"));
}
