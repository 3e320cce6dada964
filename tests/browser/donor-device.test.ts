/** What the donor does when the device is lost, or a kernel holds it. */
import { describe, expect, it } from "vitest";
import { decodeFrame, encodeFrame } from "../../shared/wire/codec.ts";
import { expected } from "../fixtures/jobs/lcg/expected.ts";
import { keptDone } from "./donor-kept.ts";
import {
  crashGpu,
  LARGE,
  LARGE_VALUES,
  last,
  load,
  MANY,
  network,
  openDonor,
  openPage,
  openTab,
  start,
  untilPhase,
  untilState,
} from "./donor-scene.ts";

/** How the units of a submit fared, if a message to the coordinator is one: its frame is a binary of the message. */
function statusesIn(message: Buffer): string[] {
  const at = message.indexOf(encodeFrame({ type: "submit", token: new Uint8Array(0), results: [] }).subarray(0, 4));
  if (at < 3) return [];
  const length = message[at - 2] === 0xc4 ? (message[at - 1] ?? 0) : message.readUInt16BE(at - 2);
  const frame = decodeFrame(message.subarray(at, at + length));
  return frame.type === "submit" ? frame.results.map(({ status }) => status) : [];
}

describe("the donor and its device", () => {
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
      const other = await openPage();
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
    const steps = 300_000;
    const job = await network.submit("jobs/lcg", LARGE(1, steps));
    const page = await openTab();
    await start(page, 0, 0.9);
    const kept = () => keptDone(page);
    await expect.poll(kept, { timeout: 120_000, interval: 500 }).toBeGreaterThan(0);
    const done = await kept();
    await load(page);
    await start(page, 0, 0.9);
    const shares = "facts.filter(({ unit }) => unit?.state === 'running' && unit.progress > 0).map(({ unit }) => unit.progress)";
    await page.waitForFunction(`${shares}.length > 0`, { timeout: 60_000, polling: 50 });
    // The first that is told is what was kept.
    expect(await page.evaluate(`${shares}[0]`)).toBeGreaterThanOrEqual(done / (LARGE_VALUES / 64));
    await network.until(job, ({ units }) => units.voted === 1, 200);
    await expect.poll(kept, { timeout: 10_000 }).toBe(0);
    const right = expected(LARGE_VALUES / 512, steps);
    // They follow the digest.
    const isThere = () => network.blobs().some((blob) => blob.subarray(-right.byteLength).equals(right));
    await expect.poll(isThere, { timeout: 30_000, interval: 500 }).toBe(true);
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
    await openDonor(page);
    await start(page, 0, 0.9);
    for (let times = 1; times <= 2; times++) {
      await untilPhase(page, "running");
      // The unit is on the GPU: the first slice of it takes long.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      await crashGpu();
      await untilState(page, `states.some(({ phase }) => phase.kind === "device-lost" && phase.times === ${times})`);
    }
    await expect.poll(() => told, { timeout: 30_000 }).toEqual(["device-lost"]);
  });
});
