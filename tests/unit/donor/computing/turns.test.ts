/** Sessions as the manners allow, on Dawn's null backend, against a real gateway. */

import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { create, globals } from "webgpu";
import { Throttle } from "../../../../client/donor/computing/throttle.ts";
import { errand } from "../../../../client/donor/errand.ts";
import { Manners } from "../../../../client/donor/manners/manners.ts";
import { type Surroundings, UNTOLD } from "../../../../client/donor/manners/surroundings.ts";
import { NO_WISHES } from "../../../../client/donor/manners/wishes.ts";
import { certify } from "../../../../shared/account/certificate.ts";
import { accountKey, newSeed } from "../../../../shared/account/key.ts";
import type { RemoteWish } from "../../../../shared/account/remote-wish.ts";
import { toHex } from "../../../../shared/bytes.ts";
import type { BufferPlan } from "../../../../shared/plan.ts";
import { planOf } from "../../gateway/network.ts";
import { type Front, identityOf, lendInTurns, startFront } from "../front.ts";

const PATIENCE = { timeout: 10_000, interval: 20 };
const MIB = 1024 * 1024;
const MANY = 100_000;
const ON_BATTERY: Surroundings = { ...UNTOLD, battery: { charging: false, level: 0.8 } };

let front: Front;
let manners: Manners;
/** What the manners' clock is ahead. */
let ahead: number;
let lender: ReturnType<typeof lendInTurns>;

beforeAll(() => {
  Object.assign(globalThis, globals);
  vi.stubGlobal("navigator", { gpu: create(["backend=null"]), userAgent: "Node" });
});
beforeEach(async () => {
  front = await startFront();
  ahead = 0;
});
afterEach(async () => {
  await (await lender.turns.stop()).closed;
  await lender.turns.ended;
  manners.end();
  await front.close();
});

function lendWith(surroundings: Surroundings, wishes = NO_WISHES): void {
  manners = new Manners({ dose: 0.9, wishes, surroundings, mayBeSoftware: () => true, now: () => performance.now() + ahead });
  lender = lendInTurns(front, manners);
}

const phase = () => lender.last().phase;
const leased = (job: number) => front.network.coordinator.counts(job as never)?.leased;
const until = (holds: () => void) => vi.waitFor(holds, PATIENCE);
const sleep = (millis: number) => new Promise((resolve) => setTimeout(resolve, millis));

describe("turns", () => {
  it("opens no session before something may run, and one when it may", async () => {
    await front.network.addJob(planOf(MANY));
    lendWith(ON_BATTERY);
    await until(() => expect(phase()).toEqual({ kind: "on-hold", reason: "battery", until: null }));
    expect(lender.turns.session).toBeUndefined();
    manners.say("battery");
    await until(() => expect(phase().kind).toBe("running"));
    await until(() => expect(lender.last().slowed).toBe("battery"));
  });

  it("runs nothing while it is held, keeps its units for a short while, and gives them back when it is long", async () => {
    const job = await front.network.addJob(planOf(MANY));
    lendWith(UNTOLD);
    await until(() => expect(lender.shelved.length).toBeGreaterThan(3));
    const { session } = lender.turns;
    manners.setSurroundings(ON_BATTERY);
    await until(() => expect(phase().kind).toBe("on-hold"));
    await sleep(300); // what was on the GPU comes to its end
    const finished = lender.shelved.length;
    await sleep(1_000);
    expect([lender.shelved.length, lender.turns.session]).toEqual([finished, session]);
    expect(leased(job)).toBeGreaterThan(0);
    manners.setSurroundings(UNTOLD);
    await until(() => expect(lender.shelved.length).toBeGreaterThan(finished));

    manners.setSurroundings(ON_BATTERY);
    await until(() => expect(phase().kind).toBe("on-hold"));
    ahead = 31_000;
    manners.setSurroundings({ ...UNTOLD, saveData: true });
    await until(() => expect([lender.turns.session, leased(job)]).toEqual([undefined, 0]));
    expect(phase()).toMatchObject({ kind: "on-hold", reason: "save-data" });
    const given = lender.shelved.length;
    manners.setSurroundings(UNTOLD);
    await until(() => expect(lender.shelved.length).toBeGreaterThan(given));
    expect(phase().kind).toBe("running");
  });

  it("asks for the device anew when another card is chosen", async () => {
    await front.network.addJob(planOf(MANY));
    lendWith(UNTOLD);
    await until(() => expect(phase().kind).toBe("running"));
    const { session } = lender.turns;
    manners.setWishes({ ...NO_WISHES, onlyAway: false });
    manners.setWishes({ ...NO_WISHES, card: "saving" });
    await until(() => expect([undefined, session]).not.toContain(lender.turns.session));
    await until(() => expect(phase().kind).toBe("running"));
  });

  it("claims no job that takes more memory than is lent, and does when more is", async () => {
    const [buffer] = planOf(1).buffers as [BufferPlan];
    const large = await front.network.addJob(planOf(50, 1, { buffers: [{ ...buffer, byteLength: 32 * MIB }] }), { priority: 9 });
    lendWith(UNTOLD, { ...NO_WISHES, memoryBytes: 64 * MIB });
    await until(() => expect(phase()).toEqual({ kind: "on-hold", reason: "memory", until: null }));
    await until(() => expect(leased(large)).toBe(0));
    expect(lender.shelved).toEqual([]);
    const small = await front.network.addJob(planOf(3));
    lender.turns.session?.hurry();
    await until(() => expect(lender.shelved.filter(({ job }) => job === small)).toHaveLength(3));
    manners.setWishes(NO_WISHES);
    await until(() => expect(lender.shelved.some(({ job }) => job === large)).toBe(true));
  });

  it("leaves a job whose pieces are too long for who is there to others, without calling it failed", async () => {
    let allowed = 1;
    const longest = vi.spyOn(Throttle.prototype, "longestMicros").mockImplementation(() => allowed);
    const job = await front.network.addJob(planOf(MANY));
    lendWith(UNTOLD);
    await until(() => expect(phase()).toEqual({ kind: "on-hold", reason: "long-pieces", until: null }));
    await until(() => expect(leased(job)).toBe(0));
    expect(lender.shelved.filter(({ status }) => status !== "ok")).toEqual([]);
    allowed = Number.POSITIVE_INFINITY;
    const other = await front.network.addJob(planOf(3));
    lender.turns.session?.hurry();
    await until(() => expect(lender.shelved.filter((entry) => entry.job === other)).toHaveLength(3));
    longest.mockRestore();
  });

  it("is paused and resumed from another device, also once its session has given everything back, and lends at most what was wished", async () => {
    const job = await front.network.addJob(planOf(MANY));
    lendWith(UNTOLD);
    await until(() => expect(lender.shelved.length).toBeGreaterThan(3));
    const [key, phone] = [accountKey(newSeed()), identityOf(newSeed())];
    for (const identity of [lender.identity, phone])
      await errand(front.url, identity, (socket) => socket.link(certify(key, identity.publicKey, "", 0)));
    const wish = (change: RemoteWish) => errand(front.url, phone, (socket) => socket.wish(lender.identity.publicKey, change));
    const lends = async () =>
      (await errand(front.url, phone, (socket) => socket.devices())).find(({ device }) => device === toHex(lender.identity.publicKey))
        ?.lends;
    await vi.waitFor(async () => expect(await lends()).toBe(90), PATIENCE);

    await wish({ turn: 1, paused: true, share: 90 });
    await until(() => expect(phase()).toEqual({ kind: "on-hold", reason: "remote", until: null }));
    await vi.waitFor(async () => expect(await lends()).toBe(0), PATIENCE);
    ahead = 31_000;
    manners.setWishes(NO_WISHES); // time alone wakes nobody here
    await until(() => expect([lender.turns.session, leased(job)]).toEqual([undefined, 0]));
    const finished = lender.shelved.length;
    await sleep(500);
    expect(lender.shelved.length).toBe(finished);
    await wish({ turn: 2, paused: false, share: 25 });
    await until(() => expect(lender.shelved.length).toBeGreaterThan(finished));
    expect(manners.verdict).toMatchObject({ kind: "lend", share: 0.25 });
    // Less was chosen on the device itself: that holds.
    manners.setDose(0.1);
    expect(manners.verdict).toMatchObject({ kind: "lend", share: 0.1 });
    await vi.waitFor(async () => expect(await lends()).toBe(10), PATIENCE);
  });

  it("claims nothing when it starts while it is paused from another device, and starts nothing when it is resumed after a stop", async () => {
    const job = await front.network.addJob(planOf(MANY));
    const [key, phone] = [accountKey(newSeed()), identityOf(newSeed())];
    lendWith(ON_BATTERY);
    for (const identity of [lender.identity, phone])
      await errand(front.url, identity, (socket) => socket.link(certify(key, identity.publicKey, "", 0)));
    const wish = (change: RemoteWish) => errand(front.url, phone, (socket) => socket.wish(lender.identity.publicKey, change));
    await wish({ turn: 1, paused: true, share: 90 });
    manners.setSurroundings(UNTOLD);
    await until(() => expect(phase()).toEqual({ kind: "on-hold", reason: "remote", until: null }));
    await sleep(500);
    expect([lender.shelved, leased(job)]).toEqual([[], 0]);
    await (await lender.turns.stop()).closed;
    await lender.turns.ended;
    await wish({ turn: 2, paused: false, share: 90 });
    await sleep(500);
    expect([lender.turns.session, lender.shelved, leased(job)]).toEqual([undefined, [], 0]);
  });

  it("stops in the middle of a hold", async () => {
    lendWith(ON_BATTERY);
    await until(() => expect(phase().kind).toBe("on-hold"));
    await (await lender.turns.stop()).closed;
    await lender.turns.ended;
    manners.setSurroundings(UNTOLD);
    expect(lender.turns.session).toBeUndefined();
  });
});
