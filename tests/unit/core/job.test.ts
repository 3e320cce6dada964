import { describe, expect, it } from "vitest";
import type { Assignment } from "../../../server/core/events.ts";
import { FAILED_LIMIT } from "../../../server/core/job.ts";
import { checkSpec } from "../../../server/core/spec.ts";
import type { JobState } from "../../../shared/api.ts";
import type { JobId } from "../../../shared/ids.ts";
import { JOB, jobSpec, unit, World } from "./world.ts";

describe("the job machine", () => {
  const verbs = ["start", "pause", "halt", "resume", "cancel"] as const;
  const allowed: Record<JobState, Partial<Record<(typeof verbs)[number], JobState>>> = {
    draft: { start: "running", cancel: "cancelled" },
    canary: { cancel: "cancelled" },
    running: { pause: "paused", halt: "paused", cancel: "cancelled" },
    paused: { halt: "paused", resume: "running", cancel: "cancelled" },
    done: {},
    cancelled: {},
    failed: {},
  };
  for (const [state, next] of Object.entries(allowed) as [JobState, (typeof allowed)[JobState]][]) {
    for (const verb of verbs) {
      it(`${verb} of a job that is ${state} ${next[verb] ? `makes it ${next[verb]}` : "is refused"}`, () => {
        const world = new World();
        const id = 2 as JobId;
        world.addJob(jobSpec({ id }), "running");
        world.job(id).state = state;
        const { reply } = world.send({ type: "job-verb", job: id, verb });
        expect(world.job(id).state).toBe(next[verb] ?? state);
        if (!next[verb]) expect(reply).toMatchObject({ type: "error", code: "wrong-state" });
      });
    }
  }

  it("knows no other jobs", () => {
    const world = new World();
    expect(world.send({ type: "job-verb", job: 7 as JobId, verb: "pause" }).reply).toMatchObject({ type: "error", code: "not-found" });
  });

  it("takes what was computed while it was paused, and can be done then", () => {
    const world = new World({ units: 1, quorum: 1 });
    const assignment = world.assignment(world.join(1));
    world.send({ type: "job-verb", job: JOB, verb: "pause" });
    expect(world.submit(assignment)).toEqual(["recorded"]);
    expect(world.job().state).toBe("done");
  });

  it("is taken from whoever has some of it when it is halted or over, who hear of it, and not when it is paused", () => {
    for (const verb of ["pause", "halt", "cancel"] as const) {
      const world = new World({ units: 8 }, { id: 2 as JobId, units: 8 });
      const held = [1, 2].map((id) => world.assignment(world.join(id), 2));
      const other = world.claim(world.join(3), 2, 2 as JobId);
      const { effects } = world.send({ type: "job-verb", job: JOB, verb });
      const isTold = effects.some((effect) => effect.type === "job-withdrawn" && effect.job === JOB);
      expect([verb, isTold, world.job().pages.leased > 0]).toEqual([verb, verb !== "pause", verb === "pause"]);
      expect(world.job(2 as JobId).pages.leased).toBe(other.type === "assigned" ? 2 : 0);
      if (verb !== "halt") continue;
      expect(world.submit(held[0] as Assignment)).toEqual(["recorded", "recorded"]);
      world.send({ type: "job-verb", job: JOB, verb: "resume" });
      for (const id of [4, 5]) world.work(world.join(id));
      expect(world.job().state).toBe("done");
    }
  });

  it("is done with holes when some units failed, and says how many", () => {
    const world = new World({ units: 2, quorum: 1, maxReplicas: 1 });
    const assignment = world.assignment(world.join(1), 1);
    world.submit(assignment, { status: "failed" });
    const last = world.assignment(world.join(2), 1);
    const { effects } = world.send({
      type: "submit",
      account: last.account,
      cluster: "c",
      assignment: last,
      results: [{ unit: unit(1), status: "ok", gpuMicros: 1, digest: "a".repeat(64), bytes: new Uint8Array(1) }],
      mark: world.mark(last.account),
    });
    const op = { type: "job-state", job: JOB, state: "done", reason: "1 of 2 units failed", at: world.now };
    expect(effects).toContainEqual({ type: "store", op });
  });

  it("fails when its kernel fails everywhere, before everybody has wasted their time on it", () => {
    const world = new World({ units: 1e6, quorum: 1, maxReplicas: 1 });
    let computed = 0;
    for (let id = 1; world.job().state === "running" && computed < 10 * FAILED_LIMIT; id++)
      computed += world.work(world.join(id), { status: "failed" });
    expect(world.job().state).toBe("failed");
    expect(computed).toBeLessThan(FAILED_LIMIT + 64);
  });

  it("is not ended by one person, with however many keys", () => {
    const world = new World({ units: 1000, maxReplicas: 3 });
    for (let key = 1; key <= 300; key++) {
      const by = world.join(key, "net:a");
      world.work(by, { status: "failed" });
      world.leave(by);
    }
    expect(world.job().pages.failed.size).toBe(0);
    for (const id of [1001, 1002]) world.work(world.join(id));
    expect(world.job().state).toBe("done");
    expect(world.job().pages.final).toBe(1000);
  });

  it.each([
    { units: 0 },
    { units: 1.5 },
    { units: 2 ** 60 },
    { quorum: 0 },
    { quorum: 7 },
    { maxReplicas: 1 },
    { creditPerUnit: -1 },
    { creditPerUnit: Number.NaN },
  ])("cannot have %o", (changes) => {
    expect(() => checkSpec(jobSpec(changes))).toThrow(RangeError);
  });
});
