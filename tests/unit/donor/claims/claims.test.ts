import { describe, expect, it } from "vitest";
import { CLAIM_HORIZON_MS, Claims } from "../../../../client/donor/claims/claims.ts";
import type { JobId, UnitIndex, UnitRun } from "../../../../shared/ids.ts";
import type { AssignmentFrame, Frame } from "../../../../shared/wire.ts";

const run = (start: number, length: number): UnitRun => ({ start: start as UnitIndex, length });

function assignment(runs: UnitRun[], more: Partial<AssignmentFrame> = {}): AssignmentFrame {
  return { type: "assignment", job: 1 as JobId, lifeMs: 60_000, token: Uint8Array.of(1), runs, rows: new Uint8Array(0), ...more };
}

/** Claims on a clock of its own, answered from a list; what was asked is kept. */
function scene(...answers: Frame[]) {
  const asked: Frame[] = [];
  const clock = { ms: 0 };
  const claims = new Claims(
    async (frame) => {
      asked.push(frame);
      const answer = answers.shift();
      if (!answer) throw new Error(`nothing answers ${frame.type}`);
      return answer;
    },
    () => clock.ms,
  );
  return { claims, asked, clock };
}

const ANY = { units: 4, gpuMillis: 1000 };

describe("claims", () => {
  it("hand out units in order, each with its row", async () => {
    const rows = Uint8Array.from({ length: 24 }, (_, i) => i);
    const { claims } = scene(assignment([run(5, 2), run(9, 1)], { rows }));
    expect(await claims.claim(ANY, 0)).toBe("assigned");
    const tasks = [claims.next(), claims.next(), claims.next()];
    expect(tasks.map((task) => task?.unit)).toEqual([5, 6, 9]);
    expect([...(tasks[2]?.row ?? [])]).toEqual([16, 17, 18, 19, 20, 21, 22, 23]);
    expect(claims.next()).toBeUndefined();
    expect([claims.waiting, claims.open]).toEqual([0, 3]);
  });

  it("take up what an earlier page had begun with one renewal and one release an assignment", async () => {
    const token = Uint8Array.of(2);
    const { claims, asked, clock } = scene(assignment([run(5, 5)], { token }), { type: "done" }, assignment([run(5, 2)]), { type: "done" });
    const begun = [5, 6, 11].map((unit) => ({
      job: 1 as JobId,
      unit: unit as UnitIndex,
      token: Uint8Array.of(1),
      row: Uint8Array.of(unit),
    }));
    expect(await claims.takeUp(begun)).toEqual(begun.slice(0, 2));
    expect(asked).toEqual([
      { type: "renew", token: Uint8Array.of(1) },
      { type: "release", token, units: [7, 8, 9] },
    ]);
    clock.ms = 40_000;
    await claims.renew();
    expect(asked.slice(2)).toEqual([{ type: "renew", token }]);
    expect([claims.next(), claims.next(), claims.next()].map((task) => task && [task.unit, task.row])).toEqual([
      [5, Uint8Array.of(5)],
      [6, Uint8Array.of(6)],
      undefined,
    ]);
    await claims.release();
    expect(asked.slice(3)).toEqual([{ type: "release", token: Uint8Array.of(1), units: [5, 6] }]);
  });

  it("ask for a horizon of GPU time, at most twice the last batch, before the stock runs dry", async () => {
    const { claims } = scene(assignment([run(0, 4)]));
    expect(claims.need(null)).toEqual({ units: 4, gpuMillis: CLAIM_HORIZON_MS });
    await claims.claim(ANY, 0);
    expect(claims.need(null)).toBeNull();
    expect(claims.need(10)?.units).toBe(8);
    expect(claims.need(5_000)).toBeNull();
    claims.next();
    claims.next();
    claims.next();
    expect(claims.need(5_000)).toEqual({ units: 5, gpuMillis: 25_000 });
  });

  it("of units longer than the horizon hold two, no more", async () => {
    const { claims } = scene(assignment([run(0, 2)]));
    await claims.claim(ANY, 0);
    expect(claims.need(2 * CLAIM_HORIZON_MS)).toBeNull();
    claims.next();
    claims.next();
    expect(claims.need(2 * CLAIM_HORIZON_MS)?.units).toBe(1);
  });

  it("drop what waits when the assignment has run out, and keep what is open", async () => {
    const { claims, clock } = scene(assignment([run(0, 3)]));
    await claims.claim(ANY, 0);
    const task = claims.next();
    clock.ms = 60_001;
    expect(claims.next()).toBeUndefined();
    expect(claims.open).toBe(1);
    if (task) claims.finished(task);
    expect(claims.open).toBe(0);
  });

  it("are renewed at half their life, and then use the fresh token", async () => {
    const { claims, clock, asked } = scene(assignment([run(0, 2)]), assignment([run(0, 2)], { token: Uint8Array.of(9) }));
    await claims.claim(ANY, 0);
    await claims.renew();
    expect(asked.length).toBe(1);
    clock.ms = 30_001;
    await claims.renew();
    expect(asked[1]).toEqual({ type: "renew", token: Uint8Array.of(1) });
    clock.ms = 70_000;
    expect([...(claims.next()?.token ?? [])]).toEqual([9]);
  });

  it("keep for an open unit the token that lists it when a renewal leaves it out", async () => {
    const { claims, clock, asked } = scene(assignment([run(0, 4)]), assignment([run(1, 3)], { token: Uint8Array.of(9) }), { type: "done" });
    await claims.claim(ANY, 0);
    const [lost, kept] = [claims.next(), claims.next()];
    clock.ms = 30_001;
    await claims.renew();
    expect([[...(lost?.token ?? [])], [...(kept?.token ?? [])]]).toEqual([[1], [9]]);
    await claims.release();
    expect(asked[2]).toEqual({ type: "release", token: Uint8Array.of(9), units: [2, 3, 1] });
  });

  it("do not start an interrupted unit again that a renewal left out", async () => {
    const { claims, clock } = scene(assignment([run(0, 2)]), assignment([run(1, 1)], { token: Uint8Array.of(9) }));
    await claims.claim(ANY, 0);
    const lost = claims.next();
    clock.ms = 30_001;
    await claims.renew();
    if (lost) claims.again(lost);
    expect(claims.next()?.unit).toBe(1);
    expect(claims.next()).toBeUndefined();
  });

  it("whose renewal is refused are not started any more", async () => {
    const { claims, clock } = scene(assignment([run(0, 2)]), { type: "error", code: "bad-token", retryMs: 0, message: "" });
    await claims.claim(ANY, 0);
    claims.next();
    clock.ms = 30_001;
    await claims.renew();
    expect(claims.next()).toBeUndefined();
    expect(claims.open).toBe(1);
  });

  it("give an interrupted unit out again, first of all", async () => {
    const { claims } = scene(assignment([run(0, 3)]));
    await claims.claim(ANY, 0);
    const first = claims.next();
    if (first) claims.again(first);
    expect(claims.next()?.unit).toBe(0);
  });

  it("release what waits and what is open", async () => {
    const { claims, asked } = scene(assignment([run(0, 3)]), { type: "done" });
    await claims.claim(ANY, 0);
    claims.next();
    await claims.release();
    expect(asked[1]).toEqual({ type: "release", token: Uint8Array.of(1), units: [1, 2, 0] });
    expect([claims.waiting, claims.open]).toEqual([0, 0]);
  });

  it("keep for another run the units that go on there, and release the others of their assignment", async () => {
    const { claims, asked } = scene(assignment([run(0, 4)]), { type: "done" });
    await claims.claim({ units: 4, gpuMillis: 1 }, 0);
    for (const begun of [0, 1]) expect(claims.next()?.unit).toBe(begun);
    await claims.release({ goesOn: ({ job, unit }) => job === 1 && unit === 1 });
    expect(asked.at(-1)).toMatchObject({ type: "release", units: [2, 3, 0] });
    expect([claims.open, claims.waiting]).toEqual([0, 0]);
  });

  it("tell the caller why there is no work", async () => {
    const { claims } = scene({ type: "idle", reason: "paused", retryMs: 5 });
    expect(await claims.claim(ANY, 3)).toEqual({ type: "idle", reason: "paused", retryMs: 5 });
  });
});
