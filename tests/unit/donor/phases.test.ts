import { describe, expect, it } from "vitest";
import { fromBeside, has, isOver } from "../../../client/donor/phases.ts";
import type { DonorPhase } from "../../../client/donor/state.ts";

const PHASES: { [Kind in DonorPhase["kind"]]: Extract<DonorPhase, { kind: Kind }> } = {
  off: { kind: "off" },
  starting: { kind: "starting", bytes: 0 },
  running: { kind: "running" },
  "on-hold": { kind: "on-hold", reason: "battery", until: null },
  offline: { kind: "offline", running: true },
  waiting: { kind: "waiting", reason: "no-jobs", retryMs: 0 },
  "no-webgpu": { kind: "no-webgpu" },
  "no-adapter": { kind: "no-adapter" },
  "software-adapter": { kind: "software-adapter" },
  "another-version": { kind: "another-version" },
  "device-lost": { kind: "device-lost", times: 1, final: true },
  endless: { kind: "endless", job: 1, title: "Loop", compiling: false },
  refused: { kind: "refused", job: 1, unit: 1 },
  "job-done": { kind: "job-done", job: 1, final: true },
  "another-tab": { kind: "another-tab", running: true, hold: null },
  forgotten: { kind: "forgotten" },
  stopped: { kind: "stopped" },
  failed: { kind: "failed", message: "no" },
};
const all: DonorPhase[] = Object.values(PHASES);
const kinds = (phases: DonorPhase[]) => phases.map(({ kind }) => kind);

describe("a donor's phase", () => {
  it("is over where nothing goes on by itself, of a lost device or a done job only when it is final", () => {
    const over = [
      "off",
      "no-webgpu",
      "no-adapter",
      "software-adapter",
      "device-lost",
      "endless",
      "job-done",
      "forgotten",
      "stopped",
      "failed",
    ];
    expect(kinds(all.filter(isOver))).toEqual(over);
    for (const kind of ["device-lost", "job-done"] as const) expect(isOver({ ...PHASES[kind], final: false })).toBe(false);
  });

  it("that nobody asked for is told at once when the run is over by it", () => {
    const asked: DonorPhase["kind"][] = ["off", "forgotten", "stopped", "job-done"];
    expect(kinds(all.filter((phase) => isOver(phase) && !has(phase, "fault")))).toEqual(expect.arrayContaining(asked));
    for (const phase of all)
      if (isOver(phase) && !asked.includes(phase.kind)) expect([phase.kind, has(phase, "fault")]).toEqual([phase.kind, true]);
  });

  it("looks from a tab beside it as running where the GPU has work, and as held for the same reason", () => {
    expect(kinds(all.filter((phase) => fromBeside(phase).running))).toEqual(["running", "offline", "refused"]);
    expect(fromBeside({ kind: "offline", running: false }).running).toBe(false);
    expect(fromBeside(PHASES["on-hold"])).toEqual({ kind: "another-tab", running: false, hold: { reason: "battery", until: null } });
  });
});
