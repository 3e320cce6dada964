/** What a renewal costs, and what it says. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { Pages } from "../../../server/core/pages.ts";
import { step } from "../../../server/core/step.ts";
import { type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { MAX_BATCH_UNITS } from "../../../shared/wire.ts";
import { World } from "./world.ts";

afterEach(() => vi.restoreAllMocks());

/** Looks at single units, whatever they are for. */
function countLooks() {
  const spies = (["isHeldBy", "holders", "holderCount", "isEnded"] as const).map((name) => vi.spyOn(Pages.prototype, name));
  return () => spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
}

describe("a renewal", () => {
  it("looks at units only after some were answered, and then at each once", () => {
    const world = new World({ units: 1e6, quorum: 1 });
    const by = world.join(1);
    world.prove(by, MAX_BATCH_UNITS / 4);
    world.submit(world.assignment(by, 4), { gpuMicros: 0 });
    const held = world.assignment(by, MAX_BATCH_UNITS);
    expect([...unitsOf(held.runs)]).toHaveLength(MAX_BATCH_UNITS);
    const looks = countLooks();
    // Not through the world, which looks at everything after each step.
    const renew = () => step(world.state, { type: "renew", now: world.now, host: by, assignment: held });
    for (let renewals = 0; renewals < 100; renewals++) renew();
    expect(looks()).toBe(0);
    const second = [...unitsOf(held.runs)][1] as UnitIndex;
    world.submit(held, { units: [second] });
    const before = looks();
    const [effect] = renew();
    expect(looks() - before).toBe(MAX_BATCH_UNITS);
    if (effect?.type !== "reply" || effect.reply.type !== "assigned") throw new Error(JSON.stringify(effect));
    const { runs } = effect.reply.assignment;
    expect([...unitsOf(runs)]).toEqual([...unitsOf(held.runs)].filter((unit) => unit !== second));
    expect(runs).toHaveLength(2);
    for (let renewals = 0; renewals < 100; renewals++) renew();
    expect(looks() - before).toBe(MAX_BATCH_UNITS);
  });

  it("names the units that are held beside other leases too", () => {
    const world = new World({ units: 8 });
    const [one, two] = [world.join(1), world.join(2)];
    const first = [world.assignment(one, 4), world.assignment(one, 4)];
    const other = [world.assignment(two, 4), world.assignment(two, 4)];
    world.submit(first[0] ?? world.assignment(one));
    for (const [by, assignment] of [
      [one, first[1]],
      [two, other[0]],
      [two, other[1]],
    ] as const) {
      if (!assignment) throw new Error("no work");
      const { reply } = world.send({ type: "renew", host: by, assignment });
      expect(reply).toMatchObject({ type: "assigned", assignment: { runs: assignment.runs } });
    }
  });
});
