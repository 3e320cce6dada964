// Makes a fresh clone ready: dependencies, a build of the sources as they are and, with --browser, a Chromium.
// Dependency-free. Says what it does and how long it has been at it; what cannot be had ends in one clear sentence.
import { spawn } from "node:child_process";
import { lstatSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findChromium, HOW_TO_GET_ONE, installChromium } from "./chromium.mjs";
import { isBuilt, isInstalled } from "./sources.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: Idlewave needs 20.19 or newer.`);

if (!isInstalled()) {
  const modules = join(root, "node_modules");
  if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink())
    fail(`${modules} is a link, and installing would empty the folder it leads to: install there, or remove the link.`);
  await step("Installing dependencies", "npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"]);
}
if (!isBuilt()) {
  await step("Building", process.execPath, ["scripts/build.mjs"]);
}
if (process.argv.includes("--browser")) {
  const found = findChromium() ?? (await installChromium((line) => console.error(line)));
  if (!found) fail(`No Chromium could be found or installed. ${HOW_TO_GET_ONE}`);
}

/** Runs a command with a line that keeps counting; its output is shown only when it fails. */
function step(title, command, args) {
  return new Promise((done) => {
    const started = Date.now();
    const live = process.stderr.isTTY;
    const tick = () => {
      const text = `${title} … ${Math.round((Date.now() - started) / 1000)} s`;
      process.stderr.write(live ? `\r${text}` : `${text}\n`);
    };
    tick();
    const timer = setInterval(tick, live ? 500 : 5000);
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      shell: process.platform === "win32" && command === "npm",
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output = (output + chunk).slice(-20_000)));
    child.on("error", (error) => fail(`${title} could not start: ${error.message}`));
    child.on("exit", (code) => {
      clearInterval(timer);
      if (code !== 0) {
        process.stderr.write(`\n${output}\n`);
        fail(`${title} failed (${command} ${args.join(" ")}, exit code ${code}).`);
      }
      process.stderr.write(`${live ? "\r" : ""}${title}: done in ${Math.round((Date.now() - started) / 1000)} s\n`);
      done();
    });
  });
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
