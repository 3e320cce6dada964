#!/usr/bin/env node
// The command line: installs and builds itself when its sources changed since, then hands over to the bundle.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { loading } from "./loading.mjs";
import { isBuilt, isInstalled } from "./sources.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const loaded = process.argv.includes("--json") ? () => {} : loading("idlewave starts");
const isReady = isInstalled() && isBuilt();
if (!isReady) {
  loaded();
  // Its words go to stderr, so that --json stays JSON.
  const setup = spawnSync(process.execPath, [join(root, "scripts", "setup.mjs")], { stdio: ["ignore", 2, 2] });
  if (setup.status !== 0) process.exit(1);
}
// The bundle calls it as soon as it runs.
globalThis.idlewaveLoaded = isReady ? loaded : () => {};
try {
  await import(pathToFileURL(join(root, "dist", "server", "idlewave.mjs")).href);
} catch (error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  globalThis.idlewaveLoaded();
  console.error(`A dependency is not whole: ${error.message.split("\n")[0]}. Run npm ci in ${root}.`);
  process.exitCode = 1;
}
