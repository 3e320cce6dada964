/** Boxes on other sites at a real gateway: who keeps one, and how each yes is taken back from the account. */
import { generateKeyPairSync, sign } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boxMessage } from "../../../shared/account/box.ts";
import { certificateMessage } from "../../../shared/account/certificate.ts";
import { type AccountKey, accountKey, newSeed } from "../../../shared/account/key.ts";
import { type BoxesReply, SocketEvent } from "../../../shared/protocol.ts";
import { planOf, startNetwork, type TestNetwork } from "./network.ts";
import { Volunteer } from "./volunteer.ts";

const SITE = "https://tidal.example";
const CLAIM = { type: "claim", units: 1, gpuMillis: 1000, job: 0 } as const;

let network: TestNetwork;
const volunteers: Volunteer[] = [];

beforeAll(async () => {
  network = await startNetwork();
  await network.addJob(planOf(1000));
  await network.store.putSite(SITE, "Tidal", 1);
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.leave();
  await network.close();
  expect(network.failures).toEqual([]);
});

const made = (keys = generateKeyPairSync("ed25519"), url = network.url): Volunteer => {
  const volunteer = new Volunteer(url, keys);
  volunteers.push(volunteer);
  return volunteer;
};
const join = (keys = generateKeyPairSync("ed25519")) => made(keys).join();
/** A box whose visitor said yes so long ago. */
const lends = (keys = generateKeyPairSync("ed25519"), agreedMs: unknown = 1_000, url = network.url) =>
  made(keys, url).hello({ site: SITE, agreedMs });

async function box(agreedMs = 1_000): Promise<Volunteer> {
  const volunteer = made();
  expect(await volunteer.hello({ site: SITE, agreedMs })).toMatchObject({ ok: true });
  return volunteer;
}

function word(of: Volunteer, keeper: Volunteer, site = SITE): Record<string, unknown> {
  const signature = sign(null, boxMessage(of.publicKey, keeper.publicKey, site), of.keys.privateKey);
  return { box: Buffer.from(of.publicKey), site, signature };
}

async function kept(by: Volunteer) {
  const reply = (await by.ask(SocketEvent.Boxes, {})) as BoxesReply;
  if (!reply.ok) throw new Error(reply.message);
  return reply.boxes.map(({ site, isConnected }) => [site, isConnected]);
}

async function link(volunteer: Volunteer, key: AccountKey): Promise<void> {
  const text = certificateMessage({ account: key.publicKey, device: volunteer.publicKey, created: 1, name: "" });
  const parts = { account: Buffer.from(key.publicKey), created: 1, name: "", signature: Buffer.from(key.sign(text)) };
  expect(await volunteer.ask(SocketEvent.Link, parts)).toMatchObject({ ok: true });
}

describe("a box on a site", () => {
  it("is kept by the device for which it gave its word, and by nobody else", async () => {
    const [one, keeper, thief] = [await box(), await join(), await join()];
    const good = word(one, keeper);
    for (const wrong of [
      { ...good, site: "https://other.example" },
      { ...good, box: Buffer.from(thief.publicKey) },
      word(thief, keeper, SITE) && { ...word(thief, keeper), box: good.box },
      { ...good, signature: Buffer.alloc(64) },
    ])
      expect(await keeper.ask(SocketEvent.KeepBox, wrong)).toMatchObject({ ok: false, code: "bad-signature" });
    expect(await thief.ask(SocketEvent.KeepBox, good)).toMatchObject({ ok: false, code: "bad-signature" });
    const nobody = made(generateKeyPairSync("ed25519"));
    for (const none of [word(nobody, keeper), word(keeper, keeper)])
      expect(await keeper.ask(SocketEvent.KeepBox, none)).toMatchObject({ ok: false, code: "not-found" });
    for (const wrong of [undefined, {}, { ...good, site: "tidal" }, { ...good, box: Buffer.alloc(31) }, { ...good, name: "x" }])
      expect(await keeper.ask(SocketEvent.KeepBox, wrong)).toMatchObject({ ok: false, code: "bad-message" });
    expect([await kept(keeper), await kept(thief)]).toEqual([[], []]);
    for (let again = 0; again < 2; again++) expect(await keeper.ask(SocketEvent.KeepBox, good)).toEqual({ ok: true });
    expect([await kept(keeper), await kept(thief)]).toEqual([[[SITE, true]], []]);
    one.leave();
    await expect.poll(() => kept(keeper)).toEqual([[SITE, false]]);
  });

  it("has its yes taken back from any device of its account: at once where it is here, and when it comes; one that is said later counts", async () => {
    const key = accountKey(newSeed());
    const [here, away, other, keeper, phone] = [await box(), await box(), await box(), await join(), await join()];
    for (const device of [keeper, phone]) await link(device, key);
    for (const each of [here, away]) expect(await keeper.ask(SocketEvent.KeepBox, word(each, keeper))).toEqual({ ok: true });
    expect(await here.send(CLAIM)).toMatchObject({ type: "assignment" });
    away.leave();
    const told = new Promise((resolve) => here.socket.once(SocketEvent.TakenBack, resolve));
    const gone = new Promise((resolve) => here.socket.once("disconnect", resolve));
    expect(await phone.ask(SocketEvent.TakeBack, {})).toEqual({ ok: true });
    await Promise.all([told, gone]);
    // A box of another person's is not meant.
    expect(await other.send(CLAIM)).toMatchObject({ type: "assignment" });
    for (const { keys } of [here, away]) {
      expect(await lends(keys, 60_000)).toMatchObject({ ok: false, code: "taken-back" });
      expect(await made(keys).hello({ site: SITE })).toMatchObject({ ok: false, code: "taken-back" });
      // Without a site it is let in, to be forgotten say, and claims nothing.
      const plain = await join(keys);
      expect(await plain.send(CLAIM)).toMatchObject({ type: "error", code: "taken-back" });
      plain.leave();
    }
    const anew = made(away.keys);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await anew.hello({ site: SITE, agreedMs: 0 })).toMatchObject({ ok: true });
    expect(await anew.send(CLAIM)).toMatchObject({ type: "assignment" });
  });

  it("stays taken back over a restart, and is nobody's once it, or who keeps it, is forgotten", async () => {
    const own = await startNetwork();
    await own.store.putSite(SITE, "Tidal", 1);
    const [one, two] = [made(undefined, own.url), made(undefined, own.url)];
    for (const each of [one, two]) await each.hello({ site: SITE, agreedMs: 1 });
    const keeper = await made(undefined, own.url).join();
    for (const each of [one, two]) expect(await keeper.ask(SocketEvent.KeepBox, word(each, keeper))).toEqual({ ok: true });
    await keeper.ask(SocketEvent.TakeBack, {});
    await own.close(true);
    const later = await startNetwork({ folder: own.folder });
    expect(await lends(one.keys, 600_000, later.url)).toMatchObject({ ok: false, code: "taken-back" });
    const back = await made(keeper.keys, later.url).join();
    const forgets = await made(two.keys, later.url).join();
    expect(await forgets.ask(SocketEvent.Forget, {})).toEqual({ ok: true });
    expect(await kept(back)).toEqual([[SITE, false]]);
    expect(await back.ask(SocketEvent.Forget, {})).toEqual({ ok: true });
    expect(await lends(one.keys, 600_000, later.url)).toMatchObject({ ok: true });
    await later.close();
  });

  it("cannot be asked for before the handshake, nor say yes in the future", async () => {
    const volunteer = await made().connected();
    for (const event of [SocketEvent.KeepBox, SocketEvent.Boxes, SocketEvent.TakeBack])
      expect(await volunteer.ask(event, {})).toMatchObject({ ok: false, code: "not-authenticated" });
    for (const agreedMs of [-1, 0.5, "0", 2 ** 53])
      expect(await lends(undefined, agreedMs)).toMatchObject({ ok: false, code: "bad-message" });
  });
});
