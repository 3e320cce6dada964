/** This browser as a device of its person's account, without lending. All reject with the coordinator's words. */
import type { Certificate, Revocation } from "../../../shared/account/certificate.ts";
import type { RemoteWish } from "../../../shared/account/remote-wish.ts";
import type { DeviceInfo } from "../../../shared/protocol.ts";
import { errand } from "../errand.ts";
import { knownIdentity } from "../identity.ts";
import { madeIdentity } from "../made-identity.ts";

/** This browser's public key, made when there is none. */
export async function deviceKey(): Promise<Uint8Array<ArrayBuffer>> {
  return (await madeIdentity()).publicKey;
}

export async function linkDevice(origin: string, certificate: Certificate): Promise<void> {
  await errand(origin, await madeIdentity(), (socket) => socket.link(certificate));
}

/** Those of the account; none where this browser has no key, or nothing joins it to others. Without a key nothing is asked. */
export async function devicesOf(origin: string): Promise<DeviceInfo[]> {
  const identity = await knownIdentity();
  return identity ? await errand(origin, identity, (socket) => socket.devices()) : [];
}

export async function removeDevice(origin: string, revocation: Revocation): Promise<void> {
  await errand(origin, await madeIdentity(), (socket) => socket.revoke(revocation));
}

export async function wishOf(origin: string, device: Uint8Array, wish: RemoteWish): Promise<void> {
  await errand(origin, await madeIdentity(), (socket) => socket.wish(device, wish));
}
