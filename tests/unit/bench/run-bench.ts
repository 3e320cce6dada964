/** Runs a bench as `npm run bench` does, and reads the line it ends with. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

export const SCRIPT = fileURLToPath(new URL("../../../scripts/bench.mjs", import.meta.url));

export interface Report {
  bench: string;
  machine: string;
  goals: Record<string, { value: number | null; target: number; met: boolean | null; note: string; figures: unknown[] }>;
}

export function bench(...options: string[]): { report: Report; status: number | null } {
  const run = spawnSync(process.execPath, [SCRIPT, ...options], { encoding: "utf8", timeout: 290_000 });
  const last = run.stdout.trimEnd().split("\n").at(-1) ?? "";
  expect(last, run.stderr).toMatch(/^\{/);
  return { report: JSON.parse(last) as Report, status: run.status };
}
