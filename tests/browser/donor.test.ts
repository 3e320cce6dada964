import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Surroundings, UNTOLD } from "../../client/donor/manners/surroundings.ts";
import { NO_WISHES, type Wishes } from "../../client/donor/manners/wishes.ts";
import type { DonorPhase, DonorState, Dose } from "../../client/donor/state.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/codec.ts";
import { expected } from "../fixtures/jobs/lcg/expected.ts";
import { bundle, openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";

const UNITS = 24;
const STEPS = 200_000;
/** Values of a unit whose result is above 64 KiB. */
const LARGE_VALUES = 32_768;
/** A page that the test answers counts as public, and public pages may not reach localhost without being asked. */
const LOCAL = ["--disable-features=LocalNetworkAccessChecks"];
const MANY = (manifest: Record<string, unknown>) => {
  manifest.units = { count: 4000 };
};

let scripts: { page: string; worker: string };
let browser: Browser;
let network: Network;

beforeAll(async () => {
  const path = (file: string) => fileURLToPath(new URL(file, import.meta.url));
  scripts = { page: await bundle(path("donor.page.ts")), worker: await bundle(path("../../client/donor/worker.ts")) };
});
beforeEach(async () => {
  [browser, network] = await Promise.all([openBrowser({ args: LOCAL }), startNetwork()]);
});
afterEach(async () => {
  await browser?.close();
  await network?.close();
});

/** A tab on the coordinator's origin with a donor that is off; it opens even while the coordinator is down. */
async function openTab(): Promise<Page> {
  const page = await browser.newPage();
  page.on("request", (request) => {
    if (request.url() === `${network.url}/donor-test`) void request.respond({ contentType: "text/html", body: "<!doctype html>" });
  });
  await load(page);
  return page;
}

async function load(page: Page): Promise<void> {
  // Only the document is answered here: an intercepted request of a worker may never be let go.
  await page.setRequestInterception(true);
  await page.goto(`${network.url}/donor-test`);
  await page.setRequestInterception(false);
  await page.addScriptTag({ content: scripts.page, type: "module" });
  await page.waitForFunction("globalThis.openDonor !== undefined");
  await page.evaluate(`openDonor(${JSON.stringify(scripts.worker)})`);
}

const start = (page: Page, job = 0, dose: Dose = 0.9) =>
  page.evaluate(`control.start(${JSON.stringify({ origin: network.url, dose, job })})`);
const last = (page: Page) => page.evaluate("states.at(-1)") as Promise<DonorState>;
const untilPhase = (page: Page, kind: DonorPhase["kind"]) =>
  page.waitForFunction(`states.at(-1)?.phase.kind === ${JSON.stringify(kind)}`, { timeout: 40_000, polling: 50 });
const untilState = (page: Page, test: string) =>
  page.waitForFunction(`((state) => ${test})(states.at(-1))`, { timeout: 40_000, polling: 50 });

/** Takes all devices, and what runs on them. */
async function crashGpu(): Promise<void> {
  const session = await browser.target().createCDPSession();
  await session.send("Browser.crashGpuProcess" as never).catch(() => undefined);
}

/** The outbox's place, in the page. */
const OPEN_SHELF = `new Promise((resolve, reject) => {
  const opening = indexedDB.open("idlewave-outbox");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => resolve(opening.result.transaction("results", "readwrite").objectStore("results"));
})`;
const shelved = (page: Page) =>
  page.evaluate(`${OPEN_SHELF}.then((shelf) => new Promise((resolve) => {
    const counting = shelf.count();
    counting.onsuccess = () => resolve(counting.result);
  }))`) as Promise<number>;

/** Workgroups that the kept unit had done, 0 when none is kept. */
const KEPT_DONE = `new Promise((resolve, reject) => {
  const opening = indexedDB.open("idlewave-checkpoints");
  opening.onupgradeneeded = () => opening.transaction.abort();
  opening.onerror = () => resolve(0);
  opening.onsuccess = () => {
    const reading = opening.result.transaction("units").objectStore("units").getAll();
    reading.onsuccess = () => {
      opening.result.close();
      resolve(reading.result[0]?.checkpoint.place.done ?? 0);
    };
  };
})`;

/** How the device's key is kept, null when there is none. */
const KEPT_KEY = `new Promise((resolve, reject) => {
  const opening = indexedDB.open("idlewave-identity");
  opening.onerror = () => reject(opening.error);
  opening.onsuccess = () => {
    const reading = opening.result.transaction("keys").objectStore("keys").get("device");
    reading.onsuccess = () => resolve(reading.result?.kind ?? null);
  };
})`;

/** How the units of a submit fared, if a message to the coordinator is one: its frame is a binary of the message. */
function statusesIn(message: Buffer): string[] {
  const at = message.indexOf(encodeFrame({ type: "submit", token: new Uint8Array(0), results: [] }).subarray(0, 4));
  if (at < 3) return [];
  const length = message[at - 2] === 0xc4 ? (message[at - 1] ?? 0) : message.readUInt16BE(at - 2);
  const frame = decodeFrame(message.subarray(at, at + length));
  return frame.type === "submit" ? frame.results.map(({ status }) => status) : [];
}

describe("the donor", () => {
  it("does nothing before start, computes, and keeps its key over a reload", async () => {
    const job = await network.submit("jobs/lcg");
    const page = await openTab();
    expect((await last(page)).phase.kind).toBe("off");
    expect((await network.status(job)).units.leased).toBe(0);
    await start(page);
    await network.until(job, ({ units }) => units.voted === UNITS, 40);
    await untilPhase(page, "waiting");
    const state = await last(page);
    expect(state.publicKey).toMatch(/^[0-9a-f]{64}$/);
    await untilState(page, `state.units.submitted === ${UNITS} && state.unsent === 0 && state.gpuSeconds > 0`);
    await load(page);
    await start(page);
    await untilState(page, `state.publicKey === "${state.publicKey}" && state.units.submitted === ${UNITS}`);
  });

  it("keeps computing while the coordinator is away, keeps what is finished over a reload, and every unit counts once", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilState(page, "state.units.submitted > 2");
    const back = network.restart(12_000);
    await untilState(page, `state.phase.kind === "offline" && state.unsent > 0`);
    const { unsent } = await last(page);
    await load(page);
    await start(page);
    await untilState(page, `state.unsent >= ${unsent}`);
    await back;
    await untilState(page, `state.phase.kind === "running" && state.unsent < ${unsent}`);
    await page.evaluate("control.stop()");
    const { volunteers } = (await network.get("/api/volunteers")) as { volunteers: { units: { submitted: number } }[] };
    const status = await network.status(job);
    expect(volunteers.map(({ units }) => units.submitted)).toEqual([status.units.voted]);
    expect(status.replicas.counted).toBe(status.units.voted);
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

  it("works in one tab only, and the next takes over when it closes", async () => {
    await network.submit("jobs/lcg", MANY);
    const [first, second] = [await openTab(), await openTab()];
    await start(first);
    await untilPhase(first, "running");
    await start(second);
    await untilPhase(second, "another-tab");
    await first.close();
    await untilPhase(second, "running");
  });

  it("shows in a waiting tab what the other one does; a dose and Stop there hold for both", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const [first, second] = [await openTab(), await openTab()];
    await start(first);
    await untilState(first, "state.units.submitted > 0");
    const { publicKey } = await last(first);
    await start(second);
    await untilState(second, `state.phase.kind === "another-tab" && state.phase.running && state.publicKey === "${publicKey}"`);
    await untilState(second, "state.own !== null && state.gpuSeconds > 0 && state.units.submitted > 0");
    await second.evaluate("control.setDose(0.5)");
    await untilState(first, "state.dose === 0.5");
    await second.evaluate("control.stop()");
    await untilPhase(first, "stopped");
    expect((await last(second)).phase.kind).toBe("off");
    await network.until(job, ({ units }) => units.leased === 0, 20);
    await start(second);
    await untilPhase(second, "running");
    expect((await last(first)).phase.kind).toBe("stopped");
  });

  it("lends less behind a page that is hidden, unless a page beside it that shows it can be seen", async () => {
    await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    const surroundings = { ...UNTOLD, hidden: true };
    await page.evaluate(`control.start(${JSON.stringify({ origin: network.url, dose: 0.9, job: 0, surroundings })})`);
    await untilState(page, `state.phase.kind === "running" && state.slowed === "hidden"`);
    const beside = await openTab();
    await beside.evaluate("lookOn()");
    await untilState(page, "state.slowed === null");
    await beside.close();
    await untilState(page, `state.slowed === "hidden"`);
  });

  it("lends in all tabs what was chosen in the one that was asked last", async () => {
    await network.submit("jobs/lcg", MANY);
    const [first, second] = [await openTab(), await openTab()];
    await start(first);
    await untilPhase(first, "running");
    await start(second, 0, 0.25);
    await untilState(first, "state.dose === 0.25");
    await untilState(second, `state.phase.kind === "another-tab" && state.phase.running && state.dose === 0.25`);
  });

  it("leaves the lock to the tab that waits when one begins anew, and stops nobody", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const [first, second] = [await openTab(), await openTab()];
    await start(first);
    await untilPhase(first, "running");
    await start(second);
    await untilPhase(second, "another-tab");
    await first.evaluate(`control.restart(${JSON.stringify({ origin: network.url, dose: 0.9, job })})`);
    await untilPhase(second, "running");
    await untilState(first, `state.phase.kind === "another-tab" && state.phase.running`);
  });

  it("recovers from a lost device", async () => {
    await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilPhase(page, "running");
    await crashGpu();
    await untilState(page, `states.some(({ phase }) => phase.kind === "device-lost" && phase.times === 1 && !phase.final)`);
    await untilPhase(page, "running");
  });

  it("gives up a kernel that does not end: its job is told, and never begun here again, over a reload too", async () => {
    const job = await network.submit("jobs/endless");
    const page = await openTab();
    await start(page);
    try {
      await untilState(
        page,
        `state.phase.kind === "endless" && state.phase.job === ${job} && state.phase.title === "A loop without an end"`,
      );
      await network.until(job, ({ units }) => units.voted === 1 && units.leased === 0, 20);
      // Its device is as it was: other pages have theirs, which they have not when it is destroyed or its worker ends.
      const other = await browser.newPage();
      await other.goto(network.url);
      expect(await other.evaluate("navigator.gpu.requestAdapter().then((adapter) => adapter.requestDevice()).then(() => true)")).toBe(true);
      await start(page);
      expect((await last(page)).phase.kind).toBe("endless");
    } finally {
      await crashGpu();
    }
    const good = await network.submit("jobs/lcg", MANY);
    await load(page);
    await start(page);
    await untilState(
      page,
      `states.some(({ phase }) => phase.kind === "failed" && phase.message.includes('"A loop without an end" did not end here once'))`,
    );
    await untilState(page, `state.phase.kind === "running" && state.job.id === ${good} && state.units.submitted > 1`);
    expect((await network.status(job)).units).toMatchObject({ voted: 1, leased: 0 });
  });

  it("goes on with a long unit where it was when the page is reloaded, and its bytes are right", { timeout: 400_000 }, async () => {
    const steps = 450_000;
    const job = await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { units: { count: 1 }, passes: [{ workgroups: [LARGE_VALUES / 64] }] });
      Object.assign(manifest, { output: [{ binding: "sums", dtype: "u32", shape: [LARGE_VALUES], reduce: { kind: "concat" } }] });
      Object.assign(manifest, { bindings: { params: { set: { unit: "$unit.index", steps } } } });
    });
    const page = await openTab();
    await start(page);
    const kept = () => page.evaluate(KEPT_DONE) as Promise<number>;
    await expect.poll(kept, { timeout: 120_000, interval: 500 }).toBeGreaterThan(0);
    const done = await kept();
    await load(page);
    await start(page);
    const shares = "facts.filter(({ unit }) => unit?.state === 'running' && unit.progress > 0).map(({ unit }) => unit.progress)";
    await page.waitForFunction(`${shares}.length > 0`, { timeout: 60_000, polling: 50 });
    expect(await page.evaluate(`${shares}[0]`)).toBeGreaterThan(done / (LARGE_VALUES / 64));
    await network.until(job, ({ units }) => units.voted === 1, 200);
    await expect.poll(kept, { timeout: 10_000 }).toBe(0);
    await page.evaluate("control.stop()");
    const other = await openBrowser({ args: LOCAL });
    try {
      const mine = browser;
      browser = other;
      const partner = await openTab();
      browser = mine;
      await start(partner);
      await network.until(job, ({ state }) => state === "done", 200);
      expect(await network.results(job)).toEqual(expected(LARGE_VALUES / 512, steps));
    } finally {
      await other.close();
    }
  });

  it("goes on where the disk is full: what finds no room on the shelf is sent all the same", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilState(page, "state.units.submitted > 2");
    const session = await page.createCDPSession();
    await session.send("Storage.overrideQuotaForOrigin", { origin: network.url, quotaSize: 1 });
    const write = () =>
      page.evaluate(
        `${OPEN_SHELF}.then((shelf) => new Promise((resolve) => {
        shelf.transaction.onabort = () => resolve(shelf.transaction.error?.name);
        shelf.transaction.oncomplete = () => resolve("there was room");
        shelf.put({ key: "probe", bytes: new Uint8Array(1e6) }, "probe");
      }))`,
      );
    // The browser looks at the room that is left every half minute.
    await expect.poll(write, { timeout: 45_000, interval: 1_000 }).toBe("QuotaExceededError");
    const { units } = await last(page);
    await untilState(page, `state.units.submitted > ${units.submitted + 8}`);
    expect(await page.evaluate("states.some(({ phase }) => phase.kind === 'failed')")).toBe(false);
    expect((await network.status(job)).units.voted).toBeGreaterThan(units.submitted);
  });

  it("gives a unit back with which two devices were lost, and says so", { timeout: 200_000 }, async () => {
    await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { units: { count: 1 }, bindings: { params: { set: { unit: "$unit.index", steps: 200_000_000 } } } });
    });
    const page = await openTab();
    const told: string[] = [];
    page.on("workercreated", (worker) => {
      worker.client.on("Network.webSocketFrameSent", ({ response }) =>
        told.push(...statusesIn(Buffer.from(response.payloadData, "base64"))),
      );
      void worker.client.send("Network.enable");
    });
    await page.evaluate(`openDonor(${JSON.stringify(scripts.worker)})`);
    await start(page);
    const session = await browser.target().createCDPSession();
    for (let times = 1; times <= 2; times++) {
      await untilPhase(page, "running");
      // The unit is on the GPU: the first slice of it takes long.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await session.send("Browser.crashGpuProcess" as never).catch(() => undefined);
      await untilState(page, `states.some(({ phase }) => phase.kind === "device-lost" && phase.times === ${times})`);
    }
    await expect.poll(() => told, { timeout: 30_000 }).toEqual(["device-lost"]);
  });

  it("sends results above 64 KiB by PUT, and the answer is right", async () => {
    const job = await network.submit("jobs/lcg", (manifest) => {
      Object.assign(manifest, { units: { count: 2 }, passes: [{ workgroups: [LARGE_VALUES / 64] }] });
      Object.assign(manifest, { output: [{ binding: "sums", dtype: "u32", shape: [LARGE_VALUES], reduce: { kind: "concat" } }] });
      Object.assign(manifest, { bindings: { params: { set: { unit: "$unit.index", steps: 7 } } } });
    });
    const other = await openBrowser({ args: LOCAL });
    try {
      const page = await openTab();
      const puts: number[] = [];
      page.on("workercreated", (worker) => {
        worker.client.on("Network.responseReceived", ({ response }) => {
          if (response.url.includes("/api/results")) puts.push(response.status);
        });
        void worker.client.send("Network.enable");
      });
      await page.evaluate(`openDonor(${JSON.stringify(scripts.worker)})`);
      await start(page);
      await network.until(job, ({ units }) => units.voted === 2, 40);
      const mine = browser;
      browser = other;
      const partner = await openTab();
      browser = mine;
      await start(partner);
      await network.until(job, ({ state }) => state === "done", 40);
      // The kernel's value depends on 512 * unit + position alone.
      const values = expected(2 + LARGE_VALUES / 512, 7);
      const units = [0, 512 * 4].map((from) => values.subarray(from, from + 4 * LARGE_VALUES));
      expect(await network.results(job)).toEqual(new Uint8Array(Buffer.concat(units)));
      await untilState(page, "state.unsent === 0 && state.units.final === 2");
      expect(puts).toEqual([204, 204]);
    } finally {
      await other.close();
    }
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
    const openWithout = () => page.evaluate(`openDonor(${JSON.stringify(without + scripts.worker)})`);
    await openWithout();
    await start(page);
    await untilState(page, "state.units.submitted > 0");
    const { publicKey } = await last(page);
    expect(await page.evaluate(KEPT_KEY)).toBe("seed");
    await load(page);
    await openWithout();
    await start(page);
    await untilState(page, `state.publicKey === "${publicKey}" && state.units.submitted > 0`);
  });

  it("says when the job is done, with two of them the answer is right", async () => {
    const job = await network.submit("jobs/lcg");
    const other = await openBrowser({ args: LOCAL });
    try {
      const page = await openTab();
      await start(page);
      await untilPhase(page, "running");
      const mine = browser;
      browser = other;
      const partner = await openTab();
      browser = mine;
      await start(partner, job);
      await network.until(job, ({ state }) => state === "done", 50);
      expect(await network.results(job)).toEqual(expected(UNITS, STEPS));
      await untilPhase(page, "job-done");
      // Who chose this job alone lends no further: the lock is free.
      await untilState(partner, `state.phase.kind === "job-done" && state.phase.final && state.units.final === ${UNITS}`);
      await partner.waitForFunction("navigator.locks.query().then(({ held }) => held.length === 0)");
      expect((await last(page)).phase).toMatchObject({ final: false });
      await untilState(page, `state.units.final === ${UNITS} && state.verified.length > 0 && state.credit.escrow === 0`);
    } finally {
      await other.close();
    }
  });

  it("gives its lock back when its key cannot be read", async () => {
    await network.submit("jobs/lcg", MANY);
    const [broken, other] = [await openTab(), await openTab()];
    const noDatabase = `IDBFactory.prototype.open = () => { throw new DOMException("The disk is gone.", "UnknownError"); };`;
    await broken.evaluate(`openDonor(${JSON.stringify(noDatabase + scripts.worker)})`);
    await start(broken);
    await untilState(broken, `state.phase.kind === "failed" && state.phase.message.includes("disk is gone")`);
    await start(other);
    await untilPhase(other, "running");
  });

  it("is forgotten while it lends: the key and what was unsent go, and the next start is somebody new", async () => {
    await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilState(page, "state.units.submitted > 0");
    const { publicKey } = await last(page);
    await page.evaluate("control.forget()");
    // Long enough for a connection to come back.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(await network.get("/api/volunteers")).toEqual({ volunteers: [] });
    expect([await shelved(page), (await last(page)).phase.kind]).toEqual([0, "off"]);
    await start(page);
    await untilState(page, `state.phase.kind === "running" && state.publicKey !== "${publicKey}"`);
  });

  it("is forgotten from another tab: it stops, nothing of the account comes back, and who waited for a turn does not take it", async () => {
    await network.submit("jobs/lcg", MANY);
    const [lending, waiting, forgetting] = [await openTab(), await openTab(), await openTab()];
    await start(lending);
    await untilState(lending, "state.units.submitted > 0");
    await start(waiting);
    await untilState(waiting, `state.phase.kind === "another-tab" && state.phase.running`);
    await forgetting.evaluate("control.forget()");
    await untilPhase(lending, "forgotten");
    await untilPhase(waiting, "forgotten");
    // Long enough for a connection to come back.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect([await network.get("/api/volunteers"), await shelved(forgetting)]).toEqual([{ volunteers: [] }, 0]);
    expect(await lending.evaluate(KEPT_KEY)).toBeNull();
    await start(waiting);
    await untilPhase(waiting, "running");
  });

  it("says in a second tab that the first waits for work", async () => {
    const [first, second] = [await openTab(), await openTab()];
    await start(first);
    await untilPhase(first, "waiting");
    await start(second);
    await untilState(second, `state.phase.kind === "another-tab" && !state.phase.running`);
    await network.submit("jobs/lcg", MANY);
    await untilState(second, `state.phase.kind === "another-tab" && state.phase.running`);
  });

  it("is forgotten from a page that does not lend, and nothing unsent stays", async () => {
    await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilState(page, "state.units.submitted > 0");
    await page.evaluate("control.stop()");
    await untilPhase(page, "off");
    await load(page);
    await page.evaluate(`${OPEN_SHELF}.then((shelf) => void shelf.put({ key: "stray" }, "stray"))`);
    expect(await shelved(page)).toBeGreaterThan(0);
    await page.evaluate("control.forget()");
    expect([await shelved(page), await network.get("/api/volunteers")]).toEqual([0, { volunteers: [] }]);
  });
});
