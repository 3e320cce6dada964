// Builds everything that runs: the pages with Vite, the server, the command line and each child process with esbuild.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { noteBuilt } from "./sources.mjs";
import { buildWidget } from "./widget.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const entries = { idlewave: "server/cli/idlewave.ts", judge: "server/admit/judge.ts" };
const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
// Typebox alone is built in: reading its many files took longer than all else that a verb does.
const external = Object.keys({ ...dependencies, ...devDependencies }).filter((name) => name !== "typebox");
const present = Object.fromEntries(Object.entries(entries).filter(([, file]) => existsSync(join(root, file))));

await build({
  absWorkingDir: root,
  entryPoints: present,
  outdir: "dist/server",
  outExtension: { ".js": ".mjs" },
  bundle: true,
  splitting: true,
  chunkNames: "chunk-[hash]",
  external: external.flatMap((name) => [name, `${name}/*`]),
  platform: "node",
  target: "node20.19",
  format: "esm",
  sourcemap: true,
  logLevel: "warning",
});
noteBuilt("server");

if (!process.argv.includes("--server")) {
  const vite = await import("vite");
  const { output } = await vite.build({ configFile: join(root, "vite.config.ts"), logLevel: "warn" });
  await buildWidget(output.find(({ name, isEntry }) => isEntry && name === "lending").fileName);
  noteBuilt("client");
}
