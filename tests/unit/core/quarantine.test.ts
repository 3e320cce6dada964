import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JOB, World } from "./world.ts";

const lossy = () => new World({ units: 4_000, maxReplicas: 64 });

/** A volunteer, with verified work or without, reports a device that was lost with a unit of the job. */
function lose(world: World, who: number, cluster: string, isProven: boolean): void {
  const by = world.join(who, cluster);
  if (isProven) world.prove(by, 1);
  const reply = world.claim(by, 1, JOB);
  if (reply.type === "assigned") world.submit(reply.assignment, { status: "device-lost", cluster });
}

describe("a kernel with which devices are lost", () => {
  it("pauses when two clusters with verified work lost theirs, says why, and runs again when it is resumed", () => {
    const world = lossy();
    lose(world, 1, "net:a", true);
    expect(world.job().state).toBe("running");
    const second = world.join(2, "net:b");
    world.prove(second, 1);
    const reply = world.claim(second, 1, JOB);
    if (reply.type !== "assigned") throw new Error("no work");
    const { account } = reply.assignment;
    const results = [
      { unit: reply.assignment.runs[0]?.start ?? 0, status: "device-lost", gpuMicros: 0, digest: "0".repeat(64), bytes: null },
    ];
    const submit = { type: "submit", account, cluster: "net:b", assignment: reply.assignment, results, mark: world.mark(account) } as never;
    const { effects } = world.send(submit);
    expect(effects).toContainEqual({
      type: "store",
      op: {
        type: "job-state",
        job: JOB,
        state: "paused",
        reason: expect.stringMatching(/^graphics cards of two volunteers were lost/),
        at: world.now,
      },
    });
    world.send({ type: "job-verb", job: JOB, verb: "resume" });
    // Sent once more it is no news, and what was held against the job is forgotten.
    world.send(submit);
    lose(world, 3, "net:c", true);
    expect(world.job().state).toBe("running");
    lose(world, 4, "net:d", true);
    expect(world.job().state).toBe("paused");
  });

  it("is not stopped by free keys, nor by a kernel that only could not run", () => {
    const world = lossy();
    for (let who = 1; who <= 6; who++) lose(world, who, `net:${who}`, false);
    for (let who = 11; who <= 16; who++) {
      const by = world.join(who, `net:${who}`);
      world.prove(by, 1);
      const reply = world.claim(by, 1, JOB);
      if (reply.type === "assigned") world.submit(reply.assignment, { status: "failed", cluster: `net:${who}` });
    }
    expect(world.job().state).toBe("running");
  });

  it("pauses exactly when two of those who are heard cannot be one person", () => {
    const report = fc.record({ who: fc.integer({ min: 1, max: 6 }), net: fc.integer({ min: 1, max: 4 }), isProven: fc.boolean() });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 12 }), (reports) => {
        const world = lossy();
        const proven = new Set<number>();
        const heard: { who: number; net: number }[] = [];
        let expected = "running";
        for (const { who, net, isProven } of reports) {
          if (isProven) proven.add(who);
          if (expected === "running" && proven.has(who) && !heard.some((each) => each.who === who || each.net === net))
            heard.push({ who, net });
          lose(world, who, `net:${net}`, isProven);
          if (heard.length >= 2) expected = "paused";
          expect(world.job().state).toBe(expected);
        }
      }),
      { numRuns: 200 },
    );
  });
});
