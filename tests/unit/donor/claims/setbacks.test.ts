import { describe, expect, it } from "vitest";
import { NoAdapter } from "../../../../client/donor/adapter.ts";
import { Setbacks } from "../../../../client/donor/claims/setbacks.ts";
import { InputError } from "../../../../client/donor/inputs/inputs.ts";
import { EngineError } from "../../../../client/engine/engine-error.ts";

const unreachable = new InputError("no answer", true);

/** Setbacks on a clock of its own. */
function scene() {
  const clock = { ms: 0 };
  return { clock, setbacks: new Setbacks(() => clock.ms) };
}

describe("setbacks", () => {
  it("call a job failed only for what the engine says", () => {
    const { setbacks } = scene();
    expect(setbacks.judge(new EngineError("validation", "no"), true, "1:0")).toEqual({ kind: "leave", told: "failed" });
    expect(setbacks.judge(new InputError("another plan version", false), true, "1:0")).toEqual({ kind: "leave", told: null });
    expect(setbacks.judge(new TypeError("the adapter lacks a limit"), true, "1:0")).toEqual({ kind: "leave", told: null });
  });

  it("wait longer each time for inputs that do not come, and then leave the job", () => {
    const { setbacks, clock } = scene();
    const pauses: number[] = [];
    for (let i = 0; i < 7; i++) {
      expect(setbacks.judge(unreachable, true, "1:0")).toEqual({ kind: "again" });
      pauses.push(setbacks.pauseMs);
      clock.ms += setbacks.pauseMs;
    }
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(setbacks.judge(unreachable, true, "1:0")).toEqual({ kind: "leave", told: null });
  });

  it("never leave a job for inputs that do not come while the coordinator is away, or that came in between", () => {
    const { setbacks } = scene();
    for (let i = 0; i < 40; i++) expect(setbacks.judge(unreachable, false, "1:0").kind).toBe("again");
    for (let i = 0; i < 40; i++) {
      expect(setbacks.judge(unreachable, true, "1:0").kind).toBe("again");
      setbacks.started();
    }
  });

  it("take a job for the reason when a second device is lost with one of its units", () => {
    const { setbacks } = scene();
    const lost = new EngineError("device-lost", "gone");
    expect(["1:0", "1:1", "2:0"].map((unit) => setbacks.judge(lost, true, unit).kind)).toEqual(["again", "again", "again"]);
    expect(setbacks.judge(lost, true, "1:1")).toEqual({ kind: "leave", told: "device-lost" });
    expect(setbacks.judge(lost, true, "2:1").kind).toBe("again");
  });

  it("end the run at the third lost device", () => {
    const { setbacks } = scene();
    expect([setbacks.lost(), setbacks.lost(), setbacks.lost(), setbacks.losses]).toEqual([false, false, true, 3]);
  });

  it("wait for an adapter longer than the two minutes in which a browser may hold it back", () => {
    const { setbacks, clock } = scene();
    while (setbacks.judge(new NoAdapter("none"), true, "1:0").kind === "again") clock.ms += setbacks.pauseMs;
    expect(setbacks.pauseMs).toBeGreaterThan(0);
    expect(clock.ms).toBeGreaterThan(150_000);
    expect(clock.ms).toBeLessThan(300_000);
  });
});
