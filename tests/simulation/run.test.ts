import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SIM = fileURLToPath(new URL("../../scripts/sim.mjs", import.meta.url));

it("npm run sim says in words what its cheats do, before their line", () => {
  const { status, stdout } = spawnSync(process.execPath, [SIM, "--adversary", "lazy", "--units", "100", "--seeds", "1"], {
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
  expect(stdout).toMatch(/^lazy +guesses without computing, .*\nadversary .*\nlazy +[\d.]+ %/m);
  expect(stdout).not.toContain("whitewasher");
}, 60_000);
