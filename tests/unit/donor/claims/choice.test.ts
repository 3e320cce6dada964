import { describe, expect, it } from "vitest";
import { Choice } from "../../../../client/donor/claims/choice.ts";
import type { JobStatus } from "../../../../shared/api.ts";

const status = (id: number, priority: number, state: JobStatus["state"] = "running") => ({ id, priority, state }) as JobStatus;

function scene(wished: number, jobs: JobStatus[] = []) {
  const clock = { ms: 0 };
  return {
    clock,
    choice: new Choice(
      wished,
      async () => jobs,
      () => clock.ms,
    ),
  };
}

describe("the choice of jobs", () => {
  it("is any job until one cannot run here, then the other running ones by number, the most urgent first", async () => {
    const { choice, clock } = scene(0, [status(1, 9), status(2, 0), status(3, 5), status(4, 7, "paused"), status(5, 5)]);
    expect(await choice.numbers()).toEqual([0]);
    expect([choice.leave(1), choice.leave(1)]).toEqual([true, false]);
    expect(await choice.numbers()).toEqual([3, 5, 2]);
    clock.ms = 5 * 60_000;
    expect(await choice.numbers()).toEqual([0]);
  });

  it("is nothing when the visitor's own choice cannot run here", async () => {
    const { choice } = scene(3, [status(1, 0), status(3, 0)]);
    expect(await choice.numbers()).toEqual([3]);
    choice.leave(3);
    expect(await choice.numbers()).toEqual([]);
  });
});
