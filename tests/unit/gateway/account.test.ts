/** Devices of one account at a real gateway: linking, revoking, and what each of them is told. */
import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificateMessage, forgetMessage, revocationMessage } from "../../../shared/account/certificate.ts";
import { type AccountKey, accountKey, newSeed } from "../../../shared/account/key.ts";
import { toHex } from "../../../shared/bytes.ts";
import { type DevicesReply, SocketEvent } from "../../../shared/protocol.ts";
import { planOf, startNetwork, type TestNetwork } from "./network.ts";
import { bytesOf, Volunteer } from "./volunteer.ts";

const CREATED = 1_700_000_000;

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

async function join(keys = generateKeyPairSync("ed25519"), url = network.url): Promise<Volunteer> {
  const volunteer = await new Volunteer(url, keys).join();
  volunteers.push(volunteer);
  return volunteer;
}

function certificate(key: AccountKey, device: Uint8Array, name = ""): Record<string, unknown> {
  const signature = key.sign(certificateMessage({ account: key.publicKey, device, created: CREATED, name }));
  return { account: Buffer.from(key.publicKey), created: CREATED, name, signature: Buffer.from(signature) };
}

function link(volunteer: Volunteer, key: AccountKey, name = ""): Promise<unknown> {
  return volunteer.ask(SocketEvent.Link, certificate(key, volunteer.publicKey, name));
}

function revocation(key: AccountKey, device: Uint8Array): Record<string, unknown> {
  const signature = key.sign(revocationMessage({ account: key.publicKey, device, created: CREATED }));
  return { device: Buffer.from(device), created: CREATED, signature: Buffer.from(signature) };
}

async function devicesOf(volunteer: Volunteer): Promise<Extract<DevicesReply, { ok: true }>["devices"]> {
  const reply = (await volunteer.ask(SocketEvent.Devices, {})) as DevicesReply;
  if (!reply.ok) throw new Error(reply.message);
  return reply.devices;
}

describe("a device that shows its certificate", () => {
  it("is joined to the account, with all that it has earned before, once; the others are told", async () => {
    const own = await startNetwork();
    const job = await own.addJob(planOf(12), { quorum: 1, creditPerUnit: 2 });
    const key = accountKey(newSeed());
    const [one, two] = [await join(undefined, own.url), await join(undefined, own.url)];
    await one.work((unit) => bytesOf(unit), 3);
    await two.work((unit) => bytesOf(unit), 3);
    const earned = (await own.store.accounts(9)).reduce((sum, { creditFinal }) => sum + creditFinal, 0);
    expect(earned).toBe(12);
    const alone = { credit: { escrow: 0, final: 6 }, units: { submitted: 3, final: 3, refused: 0 } };
    const both = { credit: { escrow: 0, final: 12 }, units: { submitted: 6, final: 6, refused: 0 } };
    expect(await link(one, key)).toMatchObject({ ok: true, accountKey: toHex(key.publicKey), account: alone });
    for (let again = 0; again < 2; again++) expect(await link(two, key)).toMatchObject({ ok: true, account: both });
    await expect.poll(() => one.notices.at(-1)).toMatchObject(both);
    expect((await own.store.accounts(9)).map(({ publicKey, creditFinal }) => [publicKey, creditFinal])).toEqual([
      [toHex(key.publicKey), 12],
    ]);
    // What one earns from now on both are told; each unit is its own.
    await two.work((unit) => bytesOf(unit), 3);
    await expect.poll(() => one.notices.at(-1)?.credit.final).toBe(18);
    expect((await one.units(job)).units).toHaveLength(3);
    await own.close(true);

    const later = await startNetwork({ folder: own.folder });
    const returned = new Volunteer(later.url, one.keys);
    volunteers.push(returned);
    expect(await returned.hello()).toMatchObject({ ok: true, accountKey: toHex(key.publicKey), account: { credit: { final: 18 } } });
    await later.close();
  });

  it("is refused with one of another device, another account or another text, and with a key that is none", async () => {
    const key = accountKey(newSeed());
    const [volunteer, other] = [await join(), await join()];
    const good = certificate(key, volunteer.publicKey);
    const itself: AccountKey = {
      publicKey: Uint8Array.from(volunteer.publicKey),
      sign: (message) => Uint8Array.from(sign(null, message, volunteer.keys.privateKey)),
    };
    const low = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);
    const statement = sign(null, Buffer.from("anything"), volunteer.keys.privateKey);
    for (const wrong of [
      certificate(key, other.publicKey),
      { ...good, account: Buffer.from(accountKey(newSeed()).publicKey) },
      { ...good, created: CREATED + 1 },
      { ...good, name: "another" },
      { ...good, signature: statement },
      { ...good, signature: revocation(key, volunteer.publicKey).signature },
      { ...good, account: low, signature: Buffer.concat([low, Buffer.alloc(32)]) },
      certificate(itself, volunteer.publicKey),
    ])
      expect(await volunteer.ask(SocketEvent.Link, wrong)).toMatchObject({ ok: false, code: "bad-certificate" });
    expect(await devicesOf(volunteer)).toEqual([]);
    expect(await volunteer.ask(SocketEvent.Link, good)).toMatchObject({ ok: true });
    expect(await other.ask(SocketEvent.Link, good)).toMatchObject({ ok: false, code: "bad-certificate" });
    expect(await link(volunteer, accountKey(newSeed()))).toMatchObject({ ok: false, code: "bad-certificate" });
  });

  it.each([
    ["nothing", undefined],
    ["no signature", { account: Buffer.alloc(32), created: 1, name: "" }],
    ["a name that is too long", { account: Buffer.alloc(32), created: 1, name: "x".repeat(41), signature: Buffer.alloc(64) }],
    ["a name that cannot be seen", { account: Buffer.alloc(32), created: 1, name: "a\u202eb", signature: Buffer.alloc(64) }],
    ["a time before all times", { account: Buffer.alloc(32), created: -1, name: "", signature: Buffer.alloc(64) }],
    ["a time beyond integers", { account: Buffer.alloc(32), created: 2 ** 53, name: "", signature: Buffer.alloc(64) }],
  ])("says what a link asks for when it gets %s", async (_name, request) => {
    const volunteer = await join();
    expect(await volunteer.ask(SocketEvent.Link, request)).toMatchObject({ ok: false, code: "bad-message" });
  });

  it("cannot do so before the handshake", async () => {
    const volunteer = await new Volunteer(network.url).connected();
    volunteers.push(volunteer);
    for (const event of [SocketEvent.Link, SocketEvent.Revoke, SocketEvent.Devices])
      expect(await volunteer.ask(event, {})).toMatchObject({ ok: false, code: "not-authenticated" });
  });
});

describe("devices of an account", () => {
  it("are told to each of them: their names, which one asks, which are here and which were taken off", async () => {
    const key = accountKey(newSeed());
    const [one, two, three] = [await join(), await join(), await join()];
    await link(one, key, "laptop");
    await link(two, key, "phone");
    two.leave();
    await expect.poll(async () => (await devicesOf(one)).map(({ isConnected }) => isConnected)).toEqual([true, false]);
    expect(await devicesOf(one)).toMatchObject([
      { device: toHex(one.publicKey), name: "laptop", isThis: true, isRevoked: false },
      { device: toHex(two.publicKey), name: "phone", isThis: false, isRevoked: false },
    ]);
    expect(await devicesOf(three)).toEqual([]);
  });

  it("are cut off when their account's key takes them off it, and come back no more", async () => {
    const key = accountKey(newSeed());
    const [one, lost, stranger] = [await join(), await join(), await join()];
    for (const volunteer of [one, lost]) await link(volunteer, key);
    const good = revocation(key, lost.publicKey);
    const wrong = [
      revocation(accountKey(newSeed()), lost.publicKey),
      { ...good, created: CREATED + 1 },
      { ...good, signature: certificate(key, lost.publicKey).signature },
    ];
    for (const request of wrong) expect(await one.ask(SocketEvent.Revoke, request)).toMatchObject({ ok: false, code: "bad-certificate" });
    expect(await stranger.ask(SocketEvent.Revoke, good)).toMatchObject({ ok: false, code: "bad-certificate" });
    expect(await one.ask(SocketEvent.Revoke, revocation(key, stranger.publicKey))).toMatchObject({ ok: false, code: "not-found" });
    expect(await one.ask(SocketEvent.Revoke, { device: good.device })).toMatchObject({ ok: false, code: "bad-message" });
    const gone = new Promise((resolve) => lost.socket.once("disconnect", resolve));
    for (let again = 0; again < 2; again++) expect(await one.ask(SocketEvent.Revoke, good)).toEqual({ ok: true });
    await gone;
    const back = await new Volunteer(network.url, lost.keys).connected();
    volunteers.push(back);
    expect(await back.hello()).toMatchObject({ ok: false, code: "device-revoked" });
    expect((await devicesOf(one)).map(({ isRevoked }) => isRevoked)).toEqual([false, true]);
  });

  it("are forgotten one by one, each by itself alone", async () => {
    const key = accountKey(newSeed());
    const [one, two] = [await join(), await join()];
    for (const volunteer of [one, two]) await link(volunteer, key);
    const gone = new Promise((resolve) => one.socket.once("disconnect", resolve));
    expect(await one.ask(SocketEvent.Forget, {})).toEqual({ ok: true });
    await gone;
    expect(await network.store.knownAccount(toHex(one.publicKey) as never)).toBeUndefined();
    expect((await devicesOf(two)).map(({ device }) => device)).toEqual([toHex(two.publicKey)]);
  });

  it("are forgotten together by their account's key, for this device on this connection alone", async () => {
    const key = accountKey(newSeed());
    const [one, two, stranger] = [await join(), await join(), await join()];
    for (const volunteer of [one, two]) await link(volunteer, key);
    const signed = (by: AccountKey, { publicKey, hash }: Volunteer) => ({
      signature: Buffer.from(by.sign(forgetMessage(key.publicKey, publicKey, hash))),
    });
    const earlier = await join(one.keys);
    for (const wrong of [
      signed(accountKey(newSeed()), one),
      signed(key, two),
      signed(key, earlier),
      { signature: revocation(key, one.publicKey).signature },
      { signature: Buffer.alloc(64) },
    ])
      expect(await one.ask(SocketEvent.Forget, wrong)).toMatchObject({ ok: false, code: "bad-certificate" });
    expect(await stranger.ask(SocketEvent.Forget, signed(key, stranger))).toMatchObject({ ok: false, code: "bad-certificate" });
    for (const wrong of [{ signature: Buffer.alloc(63) }, { signature: undefined, account: true }, null])
      expect(await one.ask(SocketEvent.Forget, wrong)).toMatchObject({ ok: false, code: "bad-message" });
    expect(await devicesOf(one)).toHaveLength(2);
    const gone = new Promise((resolve) => two.socket.once("disconnect", resolve));
    expect(await one.ask(SocketEvent.Forget, signed(key, one))).toEqual({ ok: true });
    await gone;
    for (const { publicKey } of [one, two]) expect(await network.store.knownAccount(toHex(publicKey) as never)).toBeUndefined();
    expect(await network.store.devices.of(toHex(key.publicKey) as never)).toEqual([]);
    const back = await join(two.keys);
    expect(await devicesOf(back)).toEqual([]);
  });

  it("that cheated take the account with them over a restart", async () => {
    const own = await startNetwork();
    await own.addJob(planOf(8), { quorum: 1 });
    const key = accountKey(newSeed());
    const [cheat, clean] = [await join(undefined, own.url), await join(undefined, own.url)];
    const { id } = (await own.store.knownAccount(toHex(cheat.publicKey) as never)) ?? {};
    if (id === undefined) throw new Error("the volunteer has an account");
    const proven = { type: "proven-wrong", account: id, cluster: null, alike: true, at: 1, watchedUntil: 1 } as const;
    await own.store.commit([proven, proven]);
    await own.close(true);

    const later = await startNetwork({ folder: own.folder });
    const [again, other] = [await join(cheat.keys, later.url), await join(clean.keys, later.url)];
    expect(await again.send({ type: "claim", units: 1, gpuMillis: 1000, job: 0 })).toMatchObject({ type: "error", code: "banned" });
    expect(await other.send({ type: "claim", units: 1, gpuMillis: 1000, job: 0 })).toMatchObject({ type: "assignment" });
    for (const volunteer of [again, other]) expect(await link(volunteer, key)).toMatchObject({ ok: true });
    expect(await other.send({ type: "claim", units: 1, gpuMillis: 1000, job: 0 })).toMatchObject({ type: "error", code: "banned" });
    await later.close(true);

    const last = await startNetwork({ folder: own.folder });
    const banned = await join(clean.keys, last.url);
    expect(await banned.send({ type: "claim", units: 1, gpuMillis: 1000, job: 0 })).toMatchObject({ type: "error", code: "banned" });
    await last.close();
  });
});
