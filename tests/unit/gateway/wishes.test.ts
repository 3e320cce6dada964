/** What is wished of a device from another of its account, at a real gateway. */
import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateMessage, revocationMessage } from "../../../shared/account/certificate.ts";
import { type AccountKey, accountKey, newSeed } from "../../../shared/account/key.ts";
import { NO_REMOTE_WISH, type RemoteWish, wishMessage } from "../../../shared/account/remote-wish.ts";
import { toHex } from "../../../shared/bytes.ts";
import { type DeviceInfo, type DevicesReply, SocketEvent } from "../../../shared/protocol.ts";
import { startNetwork, type TestNetwork } from "./network.ts";
import { Volunteer } from "./volunteer.ts";

const PAUSE: RemoteWish = { turn: 1, paused: true, share: 90 };

let network: TestNetwork;
const volunteers: Volunteer[] = [];

beforeAll(async () => {
  network = await startNetwork();
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.leave();
  await network.close();
  expect(network.failures).toEqual([]);
});

async function join(key?: AccountKey, keys = generateKeyPairSync("ed25519"), url = network.url): Promise<Volunteer & { heard: unknown[] }> {
  const heard: unknown[] = [];
  const volunteer = Object.assign(await new Volunteer(url, keys).join(), { heard });
  volunteers.push(volunteer);
  volunteer.socket.on(SocketEvent.Wish, (wish: unknown) => heard.push(wish));
  if (key) expect(await volunteer.ask(SocketEvent.Link, certificate(key, volunteer.publicKey))).toMatchObject({ ok: true });
  return volunteer;
}

function certificate(key: AccountKey, device: Uint8Array): Record<string, unknown> {
  const signature = key.sign(certificateMessage({ account: key.publicKey, device, created: 1, name: "" }));
  return { account: Buffer.from(key.publicKey), created: 1, name: "", signature: Buffer.from(signature) };
}

/** As `by` signs it, with what is changed afterwards. */
function wished(key: AccountKey, by: Volunteer, device: Uint8Array, wish: RemoteWish, changes: object = {}): Record<string, unknown> {
  const text = wishMessage({ account: key.publicKey, device, by: by.publicKey }, wish);
  return { ...wish, device: Buffer.from(device), signature: sign(null, text, by.keys.privateKey), ...changes };
}

async function seen(by: Volunteer, of: Volunteer): Promise<DeviceInfo | undefined> {
  const reply = (await by.ask(SocketEvent.Devices, {})) as DevicesReply;
  return reply.ok ? reply.devices.find(({ device }) => device === toHex(of.publicKey)) : undefined;
}

describe("a wish of one device of the account for another", () => {
  it("reaches it at once on all its connections, and when it comes back, over a restart too", async () => {
    const own = await startNetwork();
    const key = accountKey(newSeed());
    const [one, two] = [await join(key, undefined, own.url), await join(key, undefined, own.url)];
    const beside = await join(undefined, two.keys, own.url);
    expect(await seen(one, two)).toMatchObject({ wish: NO_REMOTE_WISH, lends: null });
    expect(await one.ask(SocketEvent.Wish, wished(key, one, two.publicKey, PAUSE))).toEqual({ ok: true });
    for (const line of [two, beside]) await expect.poll(() => line.heard.at(-1)).toEqual(PAUSE);
    expect(one.heard).toEqual([NO_REMOTE_WISH]);
    for (const line of [two, beside]) line.leave();
    expect((await seen(one, two))?.wish).toEqual(PAUSE);
    const less: RemoteWish = { turn: 2, paused: false, share: 25 };
    expect(await one.ask(SocketEvent.Wish, wished(key, one, two.publicKey, less))).toEqual({ ok: true });
    await own.close(true);

    const later = await startNetwork({ folder: own.folder });
    const back = new Volunteer(later.url, two.keys);
    volunteers.push(back);
    expect(await back.hello()).toMatchObject({ ok: true, wish: less });
    await later.close();
  });

  it("is done once: again it changes nothing, an older or a later one is refused, and of two at once one is done", async () => {
    const key = accountKey(newSeed());
    const [one, two, three] = [await join(key), await join(key), await join(key)];
    const first = wished(key, one, two.publicKey, PAUSE);
    const resume = wished(key, one, two.publicKey, { turn: 2, paused: false, share: 90 });
    for (const request of [first, first, resume]) expect(await one.ask(SocketEvent.Wish, request)).toEqual({ ok: true });
    for (const stale of [
      first,
      wished(key, one, two.publicKey, { ...PAUSE, turn: 4 }),
      wished(key, one, two.publicKey, { ...PAUSE, turn: 2 }),
    ])
      expect(await one.ask(SocketEvent.Wish, stale)).toMatchObject({ ok: false, code: "stale-wish" });
    expect((await seen(one, two))?.wish).toEqual({ turn: 2, paused: false, share: 90 });
    const both = [one, three].map((by, at) =>
      by.ask(SocketEvent.Wish, wished(key, by, two.publicKey, { turn: 3, paused: true, share: at ? 10 : 25 })),
    );
    expect((await Promise.all(both)).map((reply) => (reply as { ok: boolean }).ok).sort()).toEqual([false, true]);
  });

  it("is refused when it was signed by another, for another, of another wish or account, and by whoever is of none", async () => {
    const [key, other] = [accountKey(newSeed()), accountKey(newSeed())];
    const [one, two, stranger, fellow] = [await join(key), await join(key), await join(), await join(other)];
    const good = wished(key, one, two.publicKey, PAUSE);
    for (const wrong of [
      wished(key, two, two.publicKey, PAUSE),
      wished(other, one, two.publicKey, PAUSE),
      wished(key, one, one.publicKey, PAUSE, { device: Buffer.from(two.publicKey) }),
      { ...good, paused: false },
      { ...good, share: 10 },
      { ...good, turn: 2 },
      { ...good, signature: Buffer.alloc(64) },
    ])
      expect(await one.ask(SocketEvent.Wish, wrong)).toMatchObject({ ok: false, code: "bad-certificate" });
    // Copied from the wire it is worth nothing in another's mouth.
    expect(await fellow.ask(SocketEvent.Wish, good)).toMatchObject({ ok: false, code: "bad-certificate" });
    expect(await stranger.ask(SocketEvent.Wish, wished(key, stranger, two.publicKey, PAUSE))).toMatchObject({ code: "bad-certificate" });
    for (const none of [stranger, fellow])
      expect(await one.ask(SocketEvent.Wish, wished(key, one, none.publicKey, PAUSE))).toMatchObject({ ok: false, code: "not-found" });
    expect((await seen(one, two))?.wish).toEqual(NO_REMOTE_WISH);
  });

  it.each([
    ["nothing", undefined],
    ["a share that no dose has", { share: 100 }],
    ["no number", { turn: 0 }],
    ["a number beyond integers", { turn: 2 ** 53 }],
    ["a word for yes", { paused: "true" }],
    ["something besides", { dose: 1 }],
  ])("says what it asks for when it gets %s", async (_name, changes) => {
    const key = accountKey(newSeed());
    const one = await join(key);
    const request = changes && { ...wished(key, one, one.publicKey, PAUSE), ...changes };
    expect(await one.ask(SocketEvent.Wish, request)).toMatchObject({ ok: false, code: "bad-message" });
  });

  it("is neither a device's that was taken off, nor for one", async () => {
    const key = accountKey(newSeed());
    const [one, lost] = [await join(key), await join(key)];
    const signature = key.sign(revocationMessage({ account: key.publicKey, device: lost.publicKey, created: 1 }));
    const revocation = { device: Buffer.from(lost.publicKey), created: 1, signature: Buffer.from(signature) };
    expect(await one.ask(SocketEvent.Revoke, revocation)).toEqual({ ok: true });
    expect(await one.ask(SocketEvent.Wish, wished(key, one, lost.publicKey, PAUSE))).toMatchObject({ ok: false, code: "not-found" });
    const back = await new Volunteer(network.url, lost.keys).connected();
    volunteers.push(back);
    expect(await back.hello()).toMatchObject({ ok: false, code: "device-revoked" });
    expect((await seen(one, one))?.wish).toEqual(NO_REMOTE_WISH);
  });
});

describe("what a device says that it lends", () => {
  it("is told to the others while it is connected, the most of its connections, and of no account to nobody", async () => {
    const key = accountKey(newSeed());
    const [one, two] = [await join(key), await join(key)];
    const beside = await join(undefined, two.keys);
    for (const [line, share] of [
      [two, 50],
      [beside, 0],
    ] as const)
      expect(await line.ask(SocketEvent.Lends, { share })).toEqual({ ok: true });
    expect(await seen(one, two)).toMatchObject({ lends: 50 });
    two.leave();
    await expect.poll(async () => (await seen(one, two))?.lends).toBe(0);
    beside.leave();
    await expect.poll(async () => (await seen(one, two))?.lends).toBe(null);
    for (const share of [-1, 101, 0.5, "half"])
      expect(await one.ask(SocketEvent.Lends, { share })).toMatchObject({ ok: false, code: "bad-message" });
  });
});
