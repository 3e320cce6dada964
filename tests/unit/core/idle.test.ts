import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MIN_HELD_SHARE_UNITS } from "../../../server/core/assign.ts";
import type { Reply } from "../../../server/core/effects.ts";
import { MAX_REPLICAS } from "../../../server/core/verify.ts";
import type { JobId } from "../../../shared/ids.ts";
import { JOB, jobSpec, World } from "./world.ts";

const SECOND = 2 as JobId;
const THIRD = 3 as JobId;
/** What a visitor is best told, last. */
const USEFUL = ["needs-features", "all-assigned", "waits-for-others", "quota"];

const reasonOf = (reply: Reply) => (reply.type === "idle" ? reply.reason : reply.type);

describe("a claim that gets nothing", () => {
  it("does not hide behind an almost finished job that of another it holds all it may", () => {
    for (const priority of [1, -1]) {
      const world = new World({ units: 2, priority }, jobSpec({ id: SECOND, units: 40 }));
      const by = world.join(1);
      const first = world.claim(by, 2, JOB);
      if (first.type !== "assigned") throw new Error("no work");
      world.submit(first.assignment);
      while (world.claim(by, 0, JOB).type === "assigned");
      while (world.claim(by, 0, SECOND).type === "assigned");
      expect(world.job(SECOND).pages.leased).toBe(MIN_HELD_SHARE_UNITS);
      expect(reasonOf(world.claim(by))).toBe("quota");
    }
  });

  it("is asked again as soon as the first of the reasons may be gone", () => {
    const world = new World({ units: 1, requires: { features: ["shader-f16"], limits: {} } }, jobSpec({ id: SECOND, units: 1 }));
    const by = world.join(1);
    expect(world.claim(by, 0, JOB)).toEqual({ type: "idle", reason: "needs-features", retryMs: 60_000 });
    world.submit(world.assignment(by));
    expect(world.claim(by)).toEqual({ type: "idle", reason: "waits-for-others", retryMs: 2_000 });
  });

  it("would get nothing of any job, and is told the most useful of what each job would say", () => {
    const visitor = fc.record({ job: fc.constantFrom(JOB, SECOND, THIRD), claims: fc.nat(30), answers: fc.boolean() });
    const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 300, max: 400 }));
    fc.assert(
      fc.property(
        fc.tuple(size, size, size),
        fc.array(visitor, { maxLength: 8 }),
        fc.nat(40),
        fc.boolean(),
        ([first, second, third], doings, strangersClaims, isAble) => {
          const spec = { maxReplicas: MAX_REPLICAS, quorum: 2 };
          const requires = { features: ["shader-f16"], limits: {} };
          const world = new World(
            { ...spec, units: first },
            { ...spec, id: SECOND, units: second },
            { ...spec, id: THIRD, units: third, requires },
          );
          for (const stranger of [world.join(2, "net:b"), world.join(3, "net:c")]) {
            world.prove(stranger, 4);
            for (let claims = 0; claims < strangersClaims; claims++) world.claim(stranger, 0);
          }
          const by = world.join(1, "net:a", isAble ? ["shader-f16"] : []);
          for (const { job, claims, answers } of doings) {
            for (let claim = 0; claim < claims; claim++) {
              const reply = world.claim(by, 0, job);
              if (reply.type === "assigned" && answers) world.submit(reply.assignment, { cluster: "net:a", inline: false });
            }
          }
          const told = reasonOf(world.claim(by));
          if (told === "assigned") return;
          const running = world.state.running.map(({ spec: { id } }) => reasonOf(world.claim(by, 0, id)));
          expect(running).not.toContain("assigned");
          expect(told).toBe(running.length === 0 ? "no-jobs" : USEFUL.filter((reason) => running.includes(reason as never)).at(-1));
        },
      ),
      { numRuns: 25 },
    );
  }, 60_000);
});
