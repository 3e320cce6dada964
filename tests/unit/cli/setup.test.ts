import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isInstalled, noteBuilt } from "../../../scripts/sources.mjs";

const SCRIPTS = fileURLToPath(new URL("../../../scripts/", import.meta.url));

let root: string;
const put = (path: string, text: string) => {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), text);
};
const installed = { packages: { "node_modules/a": { version: "1.0.0" }, "node_modules/a/node_modules/b": { version: "2.0.0" } } };
const locked = { packages: { "": {}, ...installed.packages, "node_modules/mac-only": { version: "1.0.0", optional: true } } };

/** A project whose setup only says that it ran. */
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), "idlewave-setup-")));
  cpSync(SCRIPTS, join(root, "scripts"), { recursive: true });
  put("scripts/setup.mjs", 'console.error("setup ran");');
  put("package.json", "{}");
  put("package-lock.json", JSON.stringify(locked));
  put("node_modules/.package-lock.json", JSON.stringify(installed));
  for (const path of Object.keys(installed.packages)) put(`${path}/package.json`, "{}");
  put("server/main.ts", "one");
  put("dist/server/idlewave.mjs", 'console.log("it runs");');
  put("dist/client/index.html", "");
  for (const part of ["server", "client"]) noteBuilt(part, root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function idlewave(): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, "scripts", "idlewave.mjs")], { encoding: "utf8" });
}

test("a verb runs what was built, whatever the files' times are", () => {
  utimesSync(join(root, "server/main.ts"), new Date(), new Date(Date.now() + 1e6));
  expect(idlewave()).toMatchObject({ status: 0, stdout: "it runs\n", stderr: "" });
});

test.each<[string, () => void]>([
  ["a source changed", () => put("server/main.ts", "two")],
  ["a source came", () => put("shared/new.ts", "")],
  ["a source went", () => rmSync(join(root, "server/main.ts"))],
  ["only the server was built", () => rmSync(join(root, "dist/client.sources"))],
  ["an installation broke off", () => rmSync(join(root, "node_modules/.package-lock.json"))],
  ["a package of a package is missing", () => rmSync(join(root, "node_modules/a/node_modules"), { recursive: true })],
  [
    "another version is asked for",
    () => put("package-lock.json", JSON.stringify({ packages: { "node_modules/a": { version: "1.0.1" } } })),
  ],
])("a verb sets up first when %s", (_, change) => {
  change();
  expect(idlewave()).toMatchObject({ status: 0, stderr: "setup ran\n" });
});

test("a dependency that is not whole is a sentence with the way out", () => {
  put("dist/server/idlewave.mjs", 'import "gone";');
  const { status, stderr } = idlewave();
  expect(status).toBe(1);
  expect(stderr).toMatch(/^A dependency is not whole: Cannot find package 'gone'.*Run npm ci in .*\.\n$/);
  expect(stderr).not.toContain("    at ");
});

test("setting up empties no folder that another project's modules lie in", () => {
  const other = join(root, "other");
  cpSync(join(root, "node_modules"), other, { recursive: true });
  rmSync(join(root, "node_modules"), { recursive: true });
  symlinkSync(other, join(root, "node_modules"));
  rmSync(join(other, ".package-lock.json"));
  cpSync(join(SCRIPTS, "setup.mjs"), join(root, "scripts/setup.mjs"));
  const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts/setup.mjs")], { encoding: "utf8" });
  expect(status).toBe(1);
  expect(stderr).toContain("is a link, and installing would empty the folder it leads to");
  expect(readdirSync(other)).toEqual(["a"]);
});

test("this project is installed", () => {
  expect(isInstalled()).toBe(true);
});
