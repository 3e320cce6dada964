import { expect, it } from "vitest";
import { disagreement } from "../../../server/core/disagreement.ts";
import { jobSpec, World } from "./world.ts";

/** Volunteers who answer all units, each in the way that is named; "" is honest. */
function answered(world: World, liars: readonly string[]): void {
  for (const [index, liar] of liars.entries()) {
    const by = world.join(index + 1);
    world.prove(by, 200);
    world.work(by, { liar });
  }
}

it.each<[string, string[], string]>([
  ["two", ["a", "b"], ""],
  ["three of which two agree", ["a", "b", "a"], ""],
  ["three that all differ", ["a", "b", "c"], "3 volunteers gave 3 different answers for unit 0: look in the kernel for a race"],
  ["four that all differ", ["a", "b", "c", "d"], "4 volunteers gave 4 different answers for unit 0: "],
])("a job's status tells that its volunteers never agree: %s answers", (_, liars, words) => {
  const world = new World({ units: 2 });
  answered(world, liars);
  const told = disagreement(world.job());
  if (words === "") expect(told).toBe("");
  else expect(told.startsWith(words), told).toBe(true);
});

it("kernels that could not run are no answers", () => {
  const world = new World({ units: 1 });
  for (const [index, status] of (["ok", "failed", "ok"] as const).entries())
    world.work(world.join(index + 1), { liar: `${index}`, status });
  expect(disagreement(world.job())).toBe("");
});

it("looks at the first open units alone, however many there are", () => {
  const world = new World(jobSpec({ units: 80 }));
  answered(world, ["a", "b"]);
  expect(world.job().open.size).toBe(80);
  const third = world.join(3);
  world.prove(third, 200);
  const assignment = world.assignment(third, 80);
  const late = [...world.job().open.keys()].slice(70);
  world.submit(assignment, { units: late, liar: "c" });
  expect(disagreement(world.job())).toBe("");
  world.submit(assignment, { units: [...world.job().open.keys()].slice(0, 1), liar: "c" });
  expect(disagreement(world.job())).toContain("for unit ");
});
