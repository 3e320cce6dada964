// Finds a Chromium that can run WebGPU, or installs one. Dependency-free: it runs before node_modules exists.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, "node_modules", ".cache", "idlewave");
const note = join(cache, "chromium.json");

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome", "microsoft-edge"];
const PLACES = {
  darwin: ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"],
  win32: [process.env.PROGRAMFILES, process.env["PROGRAMFILES(X86)"], process.env.LOCALAPPDATA]
    .filter(Boolean)
    .map((folder) => join(folder, "Google", "Chrome", "Application", "chrome.exe")),
};

/** What can be tried when no browser was found, for an error message. */
export const HOW_TO_GET_ONE = "Install Chrome or Chromium, or set CHROME_PATH to its executable.";

/**
 * The browser's executable, its headless mode and what its environment needs, or undefined.
 * @returns {{ path: string, headless: "new" | "shell", env: Record<string, string> } | undefined}
 */
export function findChromium() {
  const named = process.env.CHROME_PATH;
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROME_PATH is ${named}, which does not exist.`);
    return { path: named, headless: "new", env: {} };
  }
  for (const place of PLACES[process.platform] ?? []) if (existsSync(place)) return { path: place, headless: "new", env: {} };
  const folders = (process.env.PATH ?? "").split(process.platform === "win32" ? ";" : ":");
  for (const name of NAMES)
    for (const folder of folders)
      if (folder && existsSync(join(folder, name))) return { path: join(folder, name), headless: "new", env: {} };
  if (existsSync(note)) {
    const noted = JSON.parse(readFileSync(note, "utf8"));
    if (existsSync(noted.path)) return noted;
  }
  return undefined;
}

/**
 * Tries each way in turn; `say` gets a line a way. Needs node_modules.
 * @param {(line: string) => void} say
 */
export async function installChromium(say) {
  const ways = [
    ["Puppeteer's download of Chrome", byPuppeteer],
    ["the system's package manager", byApt],
    ["the Chromium of an npm package", byPackage],
  ];
  for (const [name, way] of ways) {
    say(`No browser found: trying ${name}.`);
    try {
      await way();
    } catch (error) {
      say(`  that did not work: ${String(error.message ?? error).split("\n")[0]}`);
    }
    const found = findChromium();
    if (found) return found;
  }
  return undefined;
}

function keep(path, headless, env) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(note, JSON.stringify({ path, headless, env }));
}

function byPuppeteer() {
  const cli = join(root, "node_modules", "puppeteer", "lib", "cjs", "puppeteer", "node", "cli.js");
  const out = execFileSync(process.execPath, [cli, "browsers", "install", "chrome", "--path", join(cache, "chrome")], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 300_000,
  });
  const path =
    out
      .trim()
      .split("\n")
      .pop()
      ?.replace(/^\S+\s+/, "") ?? "";
  if (!existsSync(path)) throw new Error("it printed no path");
  keep(path, "new", {});
}

function byApt() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) throw new Error("only on Debian or Ubuntu, as root");
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  spawnSync("apt-get", ["update", "-qq"], { env, stdio: "ignore", timeout: 120_000 });
  execFileSync("apt-get", ["install", "-y", "-qq", "chromium"], { env, stdio: ["ignore", "ignore", "pipe"], timeout: 300_000 });
}

function byPackage() {
  if (process.platform !== "linux" || process.arch !== "x64") throw new Error("only on Linux, x64");
  const folder = join(cache, "sparticuz");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"private":true}');
  execFileSync("npm", ["install", "--no-fund", "--no-audit", "@sparticuz/chromium@147"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 300_000,
  });
  // The package unpacks into the temporary folder, and brings its own system libraries only when it believes to be on Lambda.
  const unpack = `import("@sparticuz/chromium").then(async (m) => console.log(JSON.stringify([await m.default.executablePath(), process.env.LD_LIBRARY_PATH ?? ""])))`;
  const env = { ...process.env, TMPDIR: folder, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs20.x" };
  const [path, libraries] = JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", unpack], { cwd: folder, env, encoding: "utf8" }),
  );
  keep(path, "shell", libraries ? { LD_LIBRARY_PATH: libraries } : {});
}
