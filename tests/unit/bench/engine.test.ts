import { expect, it } from "vitest";
import { bench } from "./run-bench.ts";

it("measures every goal of the engine in a real browser, having checked that slices give the bytes of the whole", () => {
  const { report, status } = bench("engine", "--tiny", "--json");
  expect(report).toMatchObject({ bench: "engine", machine: expect.stringMatching(/Chrom.*swiftshader/i) });
  expect(Object.keys(report.goals)).toEqual(["E1", "E2", "E3", "E4", "E5", "E6", "E7"]);
  for (const [name, goal] of Object.entries(report.goals)) {
    expect(goal.note, name).not.toContain("it failed");
    expect(goal.value, `${name}: ${goal.note}`).toBeGreaterThan(0);
    expect(goal.target, name).toBeGreaterThan(0);
    expect(goal.figures.length, name).toBeGreaterThan(0);
  }
  expect(report.goals.E2?.note).toContain("identical bytes");
  // Bytes are counted, not timed: at least one of two replicas sends its output, and never both and more.
  expect(report.goals.E7?.value).toBeGreaterThan(0.5);
  expect(report.goals.E7?.value).toBeLessThan(1.1);
  expect(status).toBe(0);
}, 300_000);
