import { expect, it } from "vitest";
import { verdictOf } from "./verdict.ts";

const GOOD = { lostAcknowledged: 0, doubleCredits: 0, invariantsBroken: 0, readySecondsMax: 1.2 };

it("passes when nothing was lost, counted twice or broken, and says no more", () => {
  expect(verdictOf(GOOD)).toEqual({ exitCode: 0, said: ["Everything that was acknowledged is there, counted once."] });
});

it("warns of a slow start, which is no failure", () => {
  const { exitCode, said } = verdictOf({ ...GOOD, readySecondsMax: 7.5 });
  expect(exitCode).toBe(0);
  expect(said.at(-1)).toMatch(/^Warning: a start took 7\.5 s, more than 5 s/);
});

it.each(["lostAcknowledged", "doubleCredits", "invariantsBroken"] as const)("fails by %s", (kind) => {
  expect(verdictOf({ ...GOOD, [kind]: 1 })).toEqual({ exitCode: 1, said: ["It does not hold: what was found is above."] });
});
