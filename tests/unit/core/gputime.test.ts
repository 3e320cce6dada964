import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { believedMicros, MAX_GPU_MICROS } from "../../../server/core/gputime.ts";
import { addMicros } from "../../../shared/gputime.ts";
import { account, JOB, World } from "./world.ts";

const hostile = fc.oneof(fc.double(), fc.maxSafeInteger(), fc.constantFrom(Number.NaN, Infinity, -Infinity, 2 ** 53, 0xffff_ffff));

describe("GPU time", () => {
  it("is a whole number within the time since the units were handed out and an hour, whatever is told and whatever the clock says", () => {
    fc.assert(
      fc.property(hostile, fc.maxSafeInteger(), fc.maxSafeInteger(), (told, issuedAt, now) => {
        const micros = believedMicros(told, issuedAt, now);
        expect(Number.isSafeInteger(micros) && micros >= 0).toBe(true);
        expect(micros).toBeLessThanOrEqual(Math.min(MAX_GPU_MICROS, Math.max(0, (now - issuedAt) * 1000)));
      }),
    );
    expect(believedMicros(1500.7, 0, 2)).toBe(1500);
    expect(believedMicros(5000, 0, 2)).toBe(2000);
    expect(believedMicros(2 ** 53, 0, 2 ** 40)).toBe(MAX_GPU_MICROS);
  });

  it("sums to whole numbers below 2^53", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(MAX_GPU_MICROS)), (times) => {
        const sum = times.reduce(addMicros, Number.MAX_SAFE_INTEGER - MAX_GPU_MICROS);
        expect(Number.isSafeInteger(sum)).toBe(true);
      }),
    );
  });

  it("is stored as believed, not as told", () => {
    const world = new World({ units: 1, quorum: 1 });
    const host = world.join(1);
    world.now += 5;
    const assignment = world.assignment(host);
    world.now += 3;
    world.submit(assignment, { gpuMicros: 0xffff_ffff });
    expect(world.ledger.replicas(assignment.job).map((replica) => replica.gpuMicros)).toEqual([3000]);
  });

  it("of an account is never more than has passed, over however many lines and with however many units", () => {
    const Step = fc.record({
      does: fc.constantFrom("join", "leave", "work", "work", "restart"),
      units: fc.integer({ min: 1, max: 20 }),
      pause: fc.nat(5000),
      again: fc.boolean(),
      inline: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(Step, { maxLength: 30 }), (steps) => {
        const world = new World({ units: 1000, quorum: 1 });
        let hosts = [world.join(1)];
        let possible = 0;
        for (const { does, units, pause, again, inline } of steps) {
          if (does === "join") hosts.push(world.join(1));
          if (does === "leave" && hosts.length > 1) world.leave(hosts.pop() ?? hosts[0]);
          if (does === "restart") {
            world.restart();
            hosts = [world.join(1)];
          }
          const reply = does === "work" ? world.claim(hosts[0], units) : undefined;
          world.now += pause;
          possible += pause * 1000;
          if (reply?.type !== "assigned") continue;
          for (let time = 0; time < (again ? 2 : 1); time++) world.submit(reply.assignment, { gpuMicros: 0xffff_ffff, inline });
          expect(world.ledger.tally(JOB).gpuMicros).toBeLessThanOrEqual(possible);
          expect(world.job().gpuMicros).toBe(world.ledger.tally(JOB).gpuMicros);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("outlives a restart of the coordinator, as the assignment does", () => {
    const world = new World({ units: 100, quorum: 1 });
    const assignment = world.assignment(world.join(1), 4);
    world.now += 60_000;
    world.restart();
    world.join(1);
    world.submit(assignment, { gpuMicros: 14_000_000 });
    expect(world.ledger.tally(JOB).gpuMicros).toBe(56_000_000);
  });

  it("is taken once of a result that is sent again because its bytes are wanted", () => {
    const world = new World({ units: 1, quorum: 2 });
    const assignment = world.assignment(world.join(1));
    world.now += 10_000;
    for (let time = 0; time < 5; time++) expect(world.submit(assignment, { gpuMicros: 1_000_000, inline: false })).toEqual(["wanted"]);
    expect(world.job().gpuMicros).toBe(1_000_000);
    expect(world.ledger.tally(JOB).gpuMicros).toBe(1_000_000);
  });

  it("that is left out of the sum is still how fast the account is taken to be", () => {
    const world = new World({ units: 100, quorum: 1 });
    const assignment = world.assignment(world.join(1), 10);
    world.now += 1000;
    world.submit(assignment, { gpuMicros: 500_000 });
    expect(world.job().gpuMicros).toBe(1_000_000);
    expect(world.state.accounts.get(account(1))?.pace.get(JOB)).toBe(500_000);
  });
});
