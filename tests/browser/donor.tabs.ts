/** One donor however many tabs. */
import { describe, expect, it } from "vitest";
import { UNTOLD } from "../../client/donor/manners/surroundings.ts";
import { last, MANY, network, openDonor, openTab, start, untilPhase, untilState } from "./donor-scene.ts";

describe("the donor in several tabs", () => {
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

  it("is shown with its units and its share by a page that was open before it began, and dots stand for none of what it holds", async () => {
    await network.submit("jobs/lcg", MANY);
    const [beside, first] = [await openTab(), await openTab()];
    await beside.evaluate("lookOn()");
    await start(first, 0, 0.9);
    await beside.waitForFunction("['all-units', 'share', 'held'].every((type) => overheard.some((fact) => fact.type === type))", {
      polling: 100,
    });
    await first.evaluate("control.stop()");
    await beside.waitForFunction("overheard.findLast((fact) => fact.type === 'held').held.length === 0", { polling: 100 });
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

  it("lends in all tabs what was chosen in the one that was asked last", async () => {
    await network.submit("jobs/lcg", MANY);
    const [first, second] = [await openTab(), await openTab()];
    await start(first, 0, 0.5);
    await untilPhase(first, "running");
    await start(second, 0, 0.25);
    await untilState(first, "state.dose === 0.25");
    await untilState(second, `state.phase.kind === "another-tab" && state.phase.running && state.dose === 0.25`);
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

  it("leaves the lock to the tab that waits when one begins anew, and stops nobody", async () => {
    const job = await network.submit("jobs/lcg", MANY);
    const [first, second] = [await openTab(), await openTab()];
    await start(first);
    await untilPhase(first, "running");
    await start(second);
    await untilPhase(second, "another-tab");
    await first.evaluate(`control.restart(${JSON.stringify({ origin: network.url, dose: 0.25, job })})`);
    await untilPhase(second, "running");
    await untilState(first, `state.phase.kind === "another-tab" && state.phase.running`);
  });

  it("gives its lock back when its key cannot be read", async () => {
    await network.submit("jobs/lcg", MANY);
    const [broken, other] = [await openTab(), await openTab()];
    const noDatabase = `IDBFactory.prototype.open = () => { throw new DOMException("The disk is gone.", "UnknownError"); };`;
    await openDonor(broken, noDatabase);
    await start(broken);
    await untilState(broken, `state.phase.kind === "failed" && state.phase.message.includes("disk is gone")`);
    await start(other);
    await untilPhase(other, "running");
  });
});
