/** What is finished reaches the coordinator, and counts once. */
import { describe, expect, it } from "vitest";
import { expected } from "../fixtures/jobs/lcg/expected.ts";
import { OPEN_SHELF } from "./donor-kept.ts";
import { LARGE, LARGE_VALUES, last, load, MANY, network, openDonor, openPartner, openTab, start, untilState } from "./donor-scene.ts";

describe("what the donor has finished", () => {
  it("keeps computing while the coordinator is away, keeps what is finished over a reload, and every unit counts once", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const page = await openTab();
    await start(page);
    await untilState(page, "state.units.submitted > 2");
    const back = network.restart(8_000);
    await untilState(page, `state.phase.kind === "offline" && state.unsent > 0`);
    const { unsent } = await last(page);
    await load(page);
    await start(page);
    await untilState(page, `state.unsent >= ${unsent}`);
    await back;
    await untilState(page, `state.phase.kind === "running" && state.unsent < ${unsent}`);
    await page.evaluate("control.stop()");
    // What the GPU had finished when it was stopped is still on its way.
    await expect
      .poll(
        async () => {
          const { volunteers } = (await network.get("/api/volunteers")) as { volunteers: { units: { submitted: number } }[] };
          const { units, replicas } = await network.status(job);
          return volunteers.length === 1 && volunteers[0]?.units.submitted === units.voted && replicas.counted === units.voted;
        },
        { timeout: 20_000, interval: 500 },
      )
      .toBe(true);
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
    // The browser looks at the room that is left every half minute; little is lent until then.
    await page.evaluate("control.setDose(0.1)");
    await expect.poll(write, { timeout: 45_000, interval: 1_000 }).toBe("QuotaExceededError");
    await page.evaluate("control.setDose(0.9)");
    const { units } = await last(page);
    await untilState(page, `state.units.submitted > ${units.submitted + 8}`);
    expect(await page.evaluate("states.some(({ phase }) => phase.kind === 'failed')")).toBe(false);
    expect((await network.status(job)).units.voted).toBeGreaterThan(units.submitted);
  });

  it("sends results above 64 KiB by PUT, and the answer is right", async () => {
    const job = await network.submit("jobs/lcg", LARGE(2, 7));
    const page = await openTab();
    const puts: number[] = [];
    page.on("workercreated", (worker) => {
      worker.client.on("Network.responseReceived", ({ response }) => {
        if (response.url.includes("/api/results")) puts.push(response.status);
      });
      void worker.client.send("Network.enable");
    });
    await openDonor(page);
    await start(page, 0, 0.9);
    await network.until(job, ({ units }) => units.voted === 2, 40);
    const partner = await openPartner();
    await start(partner, 0, 0.9);
    await network.until(job, ({ state }) => state === "done", 40);
    // The kernel's value depends on 512 * unit + position alone.
    const values = expected(2 + LARGE_VALUES / 512, 7);
    const units = [0, 512 * 4].map((from) => values.subarray(from, from + 4 * LARGE_VALUES));
    expect(await network.results(job)).toEqual(new Uint8Array(Buffer.concat(units)));
    await untilState(page, "state.unsent === 0 && state.units.final === 2");
    expect(puts).toEqual([204, 204]);
  });
});
