import { expect, it } from "vitest";
import { disagreement } from "../../../server/core/disagreement.ts";
import { jobSpec, World } from "./world.ts";

/** What the owner is told with everybody who joined connected. */
function toldIn(world: World): string {
  return disagreement(world.state, world.job(), world.state.hosts.values());
}

/** Volunteers who answer all units, each in the way that is named; "" is honest. */
function answered(world: World, liars: readonly string[]): void {
  for (const [index, liar] of liars.entries()) {
    const by = world.join(index + 1);
    world.prove(by, 200);
    world.work(by, { liar });
  }
}

it.each<[string, string[], string]>([
  [
    "two, with nobody else there,",
    ["a", "b"],
    "2 volunteers gave 2 different answers for unit 0, and nobody else who could decide is connected",
  ],
  ["two equal", ["a", "a"], ""],
  ["three of which two agree", ["a", "b", "a"], ""],
  ["three that all differ", ["a", "b", "c"], "3 volunteers gave 3 different answers for unit 0: look in the kernel for a race"],
  ["four that all differ", ["a", "b", "c", "d"], "4 volunteers gave 4 different answers for unit 0: "],
])("a job's status tells that its volunteers never agree: %s answers", (_, liars, words) => {
  const world = new World({ units: 2 });
  answered(world, liars);
  const told = toldIn(world);
  if (words === "") expect(told).toBe("");
  else expect(told.startsWith(words), told).toBe(true);
});

it.each<[string, string[], string]>([
  ["are near each other", ["0", "0.5"], ""],
  [
    "are not finite",
    ["NaN", "NaN"],
    '2 volunteers gave numbers for unit 0 that are not finite: NaN and infinities are refused: mend the kernel, or submit it anew with "nonFinite": "allow" in the output\'s compare, or in verify.compare',
  ],
  ["of one are not finite", ["NaN"], ""],
  ["could not be read", ["lost", "lost"], ""],
  ["are all apart", ["0", "5", "9"], "3 volunteers gave 3 different answers for unit 0: look in the kernel for a race, or reads"],
])("within a tolerance it is told of results that %s", (_, names, words) => {
  const world = new World({ units: 1, floats: true, tolerant: true });
  answered(world, names);
  if (words === "") expect(toldIn(world)).toBe("");
  else expect(toldIn(world)).toContain(words);
});

it("two who differ are told of while nobody else who is connected can decide", () => {
  const world = new World(jobSpec({ units: 1, requires: { features: ["shader-f16"], limits: {} } }));
  for (const [index, liar] of ["a", "b"].entries()) world.work(world.join(index + 1, undefined, ["shader-f16"]), { liar });
  expect(toldIn(world)).toContain("one more volunteer has to come");
  world.join(2, "account:2", ["shader-f16"]);
  world.join(3);
  expect(toldIn(world)).toContain("one more volunteer has to come");
  const able = world.join(4, undefined, ["shader-f16"]);
  expect(toldIn(world)).toBe("");
  const assignment = world.assignment(able);
  world.leave(able);
  expect(toldIn(world)).toBe("");
  world.submit(assignment, { liar: "c" });
  expect(toldIn(world)).toContain("3 volunteers gave 3 different answers");
});

it("kernels that could not run are no answers", () => {
  const world = new World({ units: 1 });
  world.join(4);
  for (const [index, status] of (["ok", "failed", "ok"] as const).entries())
    world.work(world.join(index + 1), { liar: `${index}`, status });
  expect(toldIn(world)).toBe("");
});

it("looks at the first open units alone, however many there are", () => {
  const world = new World(jobSpec({ units: 80 }));
  const third = world.join(3);
  answered(world, ["a", "b"]);
  expect(world.job().open.size).toBe(80);
  world.prove(third, 200);
  const assignment = world.assignment(third, 80);
  const late = [...world.job().open.keys()].slice(70);
  world.submit(assignment, { units: late, liar: "c" });
  expect(toldIn(world)).toBe("");
  world.submit(assignment, { units: [...world.job().open.keys()].slice(0, 1), liar: "c" });
  expect(toldIn(world)).toContain("for unit ");
});
