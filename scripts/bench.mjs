// Runs a bench: `bench.mjs coordinator [options]`. Bundles it into a folder of its own, with the server that it measures.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const BENCHES = {
  coordinator: ["coordinator", "server", "crowd", "bullmq", "echo", "callers"],
  engine: ["engine", "server"],
  widget: ["widget", "server"],
};

const [name = "", ...options] = process.argv.slice(2);
const entries = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
if (!entries) {
  console.error(`There is no bench "${name}"; there is ${Object.keys(BENCHES).join(", ")}.`);
  process.exit(2);
}
// On the disk of the project, where a data folder would be too: a temporary folder may lie in memory.
mkdirSync(join(root, "dist", "bench"), { recursive: true });
const folder = mkdtempSync(join(root, "dist", "bench", `${name}-`));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

await build({
  absWorkingDir: root,
  entryPoints: Object.fromEntries(entries.map((entry) => [entry, join("tests", "bench", `${entry}.ts`)])),
  outdir: folder,
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  chunkNames: "chunk-[hash]",
  packages: "external",
  // It looks beside itself for the browser that was installed.
  plugins: [
    {
      name: "scripts",
      setup(build) {
        const here = pathToFileURL(join(root, "scripts", "chromium.mjs")).href;
        build.onResolve({ filter: /\/scripts\/chromium\.mjs$/ }, () => ({ path: here, external: true }));
      },
    },
  ],
  platform: "node",
  target: "node20.19",
  format: "esm",
  sourcemap: true,
  logLevel: "warning",
});
const run = spawn(process.execPath, [join(folder, `${name}.mjs`), ...options, "--folder", join(folder, "data")], {
  cwd: root,
  stdio: "inherit",
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => run.kill(signal));
run.on("exit", (code) => process.exit(code ?? 1));
