#!/usr/bin/env node
// The command line: builds itself when it was never built, then hands over to the bundle.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundle = join(root, "dist", "server", "idlewave.mjs");
if (!existsSync(bundle)) {
  // Its words go to stderr, so that --json stays JSON.
  const setup = spawnSync(process.execPath, [join(root, "scripts", "setup.mjs")], { stdio: ["ignore", 2, 2] });
  if (setup.status !== 0) process.exit(1);
}
await import(pathToFileURL(bundle).href);
