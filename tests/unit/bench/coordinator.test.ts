import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { canPin } from "../../bench/child.ts";
import { redisVersion } from "../../bench/redis.ts";
import { bench, SCRIPT } from "./run-bench.ts";

it("measures every goal and ends with one line of JSON, having checked that what was acknowledged is counted, paid and kept", () => {
  const { report, status } = bench("coordinator", "--tiny", "--json");
  expect(report).toMatchObject({ bench: "coordinator", machine: expect.stringContaining(process.versions.node) });
  expect(Object.keys(report.goals)).toEqual(["C1", "C2", "C3", "C4", "C5"]);
  for (const [name, goal] of Object.entries(report.goals)) {
    expect(goal.note, name).not.toContain("it failed");
    const measurable = canPin() && (name !== "C1" || redisVersion() !== null);
    if (!measurable) {
      expect(goal, name).toMatchObject({ value: null, met: null });
      continue;
    }
    expect(goal.value, `${name}: ${goal.note}`).toBeGreaterThan(0);
    expect(goal.target, name).toBeGreaterThan(0);
    expect(goal.figures.length, name).toBe(name === "C1" || name === "C2" ? 1 : 2);
    // The bench fails instead when a replica, a unit or a credit is missing.
    expect(goal.note, name).toMatch(name === "C3" ? /replicas/ : /replicas acknowledged/);
  }
  expect(status).toBe(0);
}, 300_000);

it("names the benches and the goals there are when it is asked for another", () => {
  const other = spawnSync(process.execPath, [SCRIPT, "kettle"], { encoding: "utf8" });
  expect(other.status).toBe(2);
  expect(other.stderr).toContain('There is no bench "kettle"; there is coordinator, engine, widget.');
  const goal = spawnSync(process.execPath, [SCRIPT, "coordinator", "--goal", "C9"], { encoding: "utf8" });
  expect(goal.status).not.toBe(0);
  expect(goal.stderr).toContain("There is no C9; there are C1, C2, C3, C4, C5.");
});
