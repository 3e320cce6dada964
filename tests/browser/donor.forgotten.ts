/** A volunteer who wants to be forgotten is. */
import { describe, expect, it } from "vitest";
import { keptKey, OPEN_SHELF, shelved } from "./donor-kept.ts";
import { last, load, MANY, network, openTab, start, untilPhase, untilState } from "./donor-scene.ts";

describe("the donor forgets, and", () => {
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
    expect(await keptKey(lending)).toBeNull();
    await start(waiting);
    await untilPhase(waiting, "running");
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
