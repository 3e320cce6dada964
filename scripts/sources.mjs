// Whether what was built and installed is what the sources ask for. Dependency-free.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const BUILT_FROM = [
  "client",
  "server",
  "shared",
  "scripts/build.mjs",
  "vite.config.ts",
  "tsconfig.json",
  "package.json",
  "package-lock.json",
];
/** What a build makes of the sources. */
const PARTS = { server: "dist/server/idlewave.mjs", client: "dist/client/index.html" };

/** Notes what `part` ("server" or "client") was built from; times of files say nothing after a pull or a copy. */
export function noteBuilt(part, root = ROOT) {
  writeFileSync(stampOf(part, root), digest(root));
}

/** True when both parts, or the named one, were built from the sources as they are. */
export function isBuilt(parts = Object.keys(PARTS), root = ROOT) {
  const now = digest(root);
  return parts.every((part) => {
    const stamp = stampOf(part, root);
    return existsSync(join(root, PARTS[part])) && existsSync(stamp) && readFileSync(stamp, "utf8") === now;
  });
}

/** True when node_modules holds each package of package-lock.json in its version; what is optional may be missing. */
export function isInstalled(root = ROOT) {
  const done = join(root, "node_modules", ".package-lock.json");
  // npm writes it last.
  if (!existsSync(done)) return false;
  const { packages: installed } = JSON.parse(readFileSync(done, "utf8"));
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.entries(packages).every(([path, { version, optional, peer }]) => {
    if (path === "") return true;
    if (!Object.hasOwn(installed, path)) return Boolean(optional || peer);
    return installed[path].version === version && existsSync(join(root, path, "package.json"));
  });
}

function stampOf(part, root) {
  return join(root, "dist", `${part}.sources`);
}

function digest(root) {
  const hash = createHash("sha256");
  const add = (path) => {
    const full = join(root, path);
    if (!existsSync(full)) return;
    if (statSync(full).isDirectory()) for (const name of readdirSync(full).sort()) add(`${path}/${name}`);
    else hash.update(`${path}\0`).update(createHash("sha256").update(readFileSync(full)).digest());
  };
  for (const path of BUILT_FROM) add(path);
  return hash.digest("hex");
}
