import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { tooFew } from "./scale.ts";

const SIM = fileURLToPath(new URL("../../scripts/sim.mjs", import.meta.url));

it("npm run sim says in words what its cheats do, before their line", () => {
  const { status, stdout } = spawnSync(process.execPath, [SIM, "--adversary", "lazy", "--units", "100", "--seeds", "1"], {
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
  expect(stdout).toMatch(/^lazy +guesses without computing, .*\n10 % of hosts cheat\nadversary .*\nlazy +[\d.]+ %/m);
  expect(stdout).not.toContain("whitewasher");
  expect(stdout).toMatch(
    /^! Too few units to go by: 100 a run for 100 hosts, .* may still be 3\.0e-2\. 5,000 a run are enough: --units 5000\.$/m,
  );
}, 60_000);

it("says nothing of the scale where each host has as many units as in the documented runs", () => {
  expect(tooFew(40_000, 8, 100)).toBeUndefined();
  expect(tooFew(39_999, 8, 100)).toContain("--units 40000");
});
