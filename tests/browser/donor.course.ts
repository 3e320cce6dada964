/** A donor starts, works, holds, stops and ends. */
import { describe, expect, it } from "vitest";
import { type Surroundings, UNTOLD } from "../../client/donor/manners/surroundings.ts";
import { NO_WISHES, type Wishes } from "../../client/donor/manners/wishes.ts";
import { expected, STEPS, UNITS } from "../fixtures/jobs/lcg/expected.ts";
import { keptKey } from "./donor-kept.ts";
import { last, load, MANY, network, openDonor, openPartner, openTab, start, untilPhase, untilState } from "./donor-scene.ts";

describe("the donor", () => {
  it("does nothing before start, computes, and keeps its key over a reload", async () => {
    const job = await network.submit("jobs/lcg");
    const page = await openTab();
    expect((await last(page)).phase.kind).toBe("off");
    expect((await network.status(job)).units.leased).toBe(0);
    await start(page, 0, 0.9);
    await network.until(job, ({ units }) => units.voted === UNITS, 40);
    await untilPhase(page, "waiting");
    const state = await last(page);
    expect(state.publicKey).toMatch(/^[0-9a-f]{64}$/);
    await untilState(page, `state.units.submitted === ${UNITS} && state.unsent === 0 && state.gpuSeconds > 0`);
    await load(page);
    await start(page, 0, 0.9);
    await untilState(page, `state.publicKey === "${state.publicKey}" && state.units.submitted === ${UNITS}`);
  });

  it("stops: nothing runs any more and the units are given back", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilPhase(page, "running");
    await page.evaluate("control.stop()");
    expect((await last(page)).phase.kind).toBe("off");
    await network.until(job, ({ units }) => units.leased === 0, 20);
    await start(page);
    await untilPhase(page, "running");
  });

  it("opens no connection while it is on hold, begins by itself, and gives the GPU back when it is held again", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    const battery = (charging: boolean): Surroundings => ({ ...UNTOLD, battery: { charging, level: 0.8 } });
    const options = { origin: network.url, dose: 0.9, job: 0, surroundings: battery(false) };
    await page.evaluate(`control.start(${JSON.stringify(options)})`);
    await untilState(page, `state.phase.kind === "on-hold" && state.phase.reason === "battery"`);
    expect(((await network.get("/api/network")) as { volunteers: number }).volunteers).toBe(0);
    await page.evaluate(`control.setSurroundings(${JSON.stringify(battery(true))})`);
    await untilState(page, `state.phase.kind === "running" && state.units.submitted > 0`);
    await page.evaluate(`control.setSurroundings(${JSON.stringify(battery(false))})`);
    await untilPhase(page, "on-hold");
    await network.until(job, ({ units }) => units.leased === 0, 45);
    await page.evaluate(`control.say("battery")`);
    await untilState(page, `state.phase.kind === "running" && state.slowed === "battery"`);
    await page.evaluate("control.stop()");
    expect((await last(page)).phase.kind).toBe("off");
  });

  it("follows what is chosen on the page while it lends", async () => {
    await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilPhase(page, "running");
    const now = new Date();
    const hour = 60 * ((now.getHours() + 12) % 24);
    const choose = (wishes: Wishes) =>
      page.evaluate(`new BroadcastChannel("idlewave-donor").postMessage(${JSON.stringify({ type: "wishes", wishes })})`);
    await choose({ ...NO_WISHES, hours: { from: hour, to: (hour + 60) % 1440 } });
    await untilState(page, `state.phase.kind === "on-hold" && state.phase.reason === "hours" && state.phase.until === ${hour}`);
    const waiting = await openTab();
    await start(waiting);
    await untilState(waiting, `state.phase.kind === "another-tab" && state.phase.hold?.reason === "hours"`);
    await choose({ ...NO_WISHES, memoryBytes: 1 });
    await untilState(page, `state.phase.kind === "on-hold" && state.phase.reason === "memory"`);
    await choose(NO_WISHES);
    await untilPhase(page, "running");
  });

  it("says when the job is done, with two of them the answer is right", async () => {
    const job = await network.submit("jobs/lcg");
    const page = await openTab();
    await start(page, 0, 0.9);
    await untilPhase(page, "running");
    const partner = await openPartner();
    await start(partner, job, 0.9);
    await network.until(job, ({ state }) => state === "done", 50);
    expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
    await untilPhase(page, "job-done");
    // Who chose this job alone lends no further: the lock is free.
    await untilState(partner, `state.phase.kind === "job-done" && state.phase.final && state.units.final === ${UNITS}`);
    await partner.waitForFunction("navigator.locks.query().then(({ held }) => held.length === 0)");
    expect((await last(page)).phase).toMatchObject({ final: false });
    await untilState(page, `state.units.final === ${UNITS} && state.verified.length > 0 && state.credit.escrow === 0`);
  });

  it("computes under a key of its own where the browser knows no Ed25519, and keeps it over a reload", async () => {
    await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    const without = `for (const name of ["generateKey", "importKey", "sign", "verify"]) {
      const known = SubtleCrypto.prototype[name];
      SubtleCrypto.prototype[name] = function (...given) {
        if (JSON.stringify(given).includes("Ed25519")) throw new DOMException("Ed25519 is not known here.", "NotSupportedError");
        return known.apply(this, given);
      };
    }`;
    const openWithout = () => openDonor(page, without);
    await openWithout();
    await start(page, 0, 0.9);
    await untilState(page, "state.units.submitted > 0");
    const { publicKey } = await last(page);
    expect(await keptKey(page)).toBe("seed");
    await load(page);
    await openWithout();
    await start(page, 0, 0.9);
    await untilState(page, `state.publicKey === "${publicKey}" && state.units.submitted > 0`);
  });
});
