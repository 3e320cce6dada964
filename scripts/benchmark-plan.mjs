// Writes client/engine/benchmark-plan.ts anew: what admission makes of shaders/benchmark.
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { tsImport } from "tsx/esm/api";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const place = join(root, "client", "engine", "benchmark-plan.ts");
const { admitFolder } = await tsImport("../server/cli/check.ts", import.meta.url);
const { admitted } = await admitFolder(join(root, "shaders", "benchmark"));
const { kernel, ...plan } = admitted.plan;
const literal = (text) => `\`${text.replace(/[\\`]|\$\{/g, "\\$&")}\``;
const source = readFileSync(join(root, "shaders", "benchmark", "kernel.wgsl"), "utf8");
writeFileSync(
  place,
  `/**
 * What admission makes of \`shaders/benchmark/\`, so that a host is measured before it knows any job. Written by
 * \`node scripts/benchmark-plan.mjs\`; a test compares it with what admission makes today.
 */
import type { JobPlan } from "../../shared/plan.ts";

/** The kernel as it is written: what slices are compared with. */
export const BENCHMARK_SOURCE = ${literal(source)};

export const BENCHMARK_PLAN: JobPlan = { kernel: ${literal(kernel)}, ${JSON.stringify(plan).slice(1)};
`,
);
const biome = join(root, "node_modules", "@biomejs", "biome", "bin", "biome");
process.exitCode = spawnSync(process.execPath, [biome, "format", "--write", place], { cwd: root, stdio: "inherit" }).status ?? 1;
