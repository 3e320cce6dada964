import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "idlewave-arrows-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ARROWS: [string, string[], string[]][] = [
  ["shared", ["./ids.ts"], ["../server/core/step.ts", "../client/engine/engine.ts", "fastify", "node:fs"]],
  ["client/engine", ["../../shared/plan.ts"], ["../donor/claims/claims.ts", "../page/page.ts", "node:fs"]],
  ["client/donor", ["../engine/driver.ts", "socket.io-client"], ["../page/page.ts", "../dawn/gpu.ts", "../../server/config.ts", "fastify"]],
  ["client/dawn", ["../donor/session.ts", "node:fs"], ["../page/page.ts", "../../server/core/step.ts"]],
  ["client/bench", ["../engine/driver.ts", "../donor/adapter.ts"], ["../donor/session.ts", "../page/page.ts", "fastify"]],
  ["client/proof", ["../engine/driver.ts", "../donor/inputs/inputs.ts"], ["../donor/session.ts", "../page/page.ts", "lit", "node:fs"]],
  ["client/canary", ["../engine/driver.ts", "../donor/inputs/inputs.ts"], ["../donor/session.ts", "../dawn/gpu.ts", "node:fs"]],
  ["client/donation", ["../donor/state.ts", "../donor/tabs/alive.ts"], ["../donor/session.ts", "../page/page.ts", "lit"]],
  ["client/wave", ["./shares.ts"], ["../donor/state.ts", "../page/page.ts", "lit"]],
  ["client/widget", ["../donation/donation.ts", "../../shared/widget.ts"], ["../page/page.ts", "../donor/session.ts", "lit", "comlink"]],
  [
    "client/page",
    ["../donor/state.ts", "../donor/manners/policy.ts", "lit"],
    ["../dawn/gpu.ts", "../engine/engine.ts", "../donor/manners/manners.ts", "../donor/session.ts", "fastify"],
  ],
  ["server/group-commit.ts", ["./core/store.ts"], ["./http/app.ts"]],
  ["server/config.ts", ["./admit/json.ts"], ["./http/app.ts", "./main.ts"]],
  ["server/core", ["./step.ts", "../../shared/ids.ts"], ["../store/sqlite.ts", "../coordinator.ts", "node:fs"]],
  ["server/store", ["../core/store.ts", "kysely", "node:fs/promises"], ["../core/step.ts", "../http/app.ts", "../log.ts", "fastify"]],
  ["server/access", ["../core/store.ts", "node:crypto"], ["../gateway/limits.ts", "../http/app.ts", "../coordinator.ts"]],
  ["server/gateway", ["../access/token.ts", "../coordinator.ts", "socket.io"], ["../http/errors.ts", "../store/blobs.ts", "fastify"]],
  ["server/http", ["../access/plans.ts", "../admit/admit.ts"], ["../gateway/limits.ts", "../store/blobs.ts", "../main.ts", "socket.io"]],
  ["server/admit", ["../core/blob-store.ts"], ["../core/step.ts", "../http/app.ts", "../store/sqlite.ts"]],
  [
    "server/cli",
    ["./api.ts", "../main.ts", "../access/machine.ts", "../../client/engine/driver.ts"],
    ["../access/keys.ts", "../core/step.ts", "../http/app.ts", "../coordinator.ts", "../../client/donor/socket.ts"],
  ],
  [
    "server/tls",
    ["./own.ts", "../access/machine.ts", "../config.ts"],
    ["../access/keys.ts", "../http/app.ts", "../cli/serve.ts", "fastify"],
  ],
  ["server/coordinator.ts", ["./core/step.ts"], ["./http/app.ts", "./store/sqlite.ts", "./main.ts"]],
  ["server/main.ts", ["./http/app.ts"], ["./cli/serve.ts", "../client/page/app.ts", "../tests/unit/core/world.ts", "puppeteer"]],
];

const GLOBALS: [string, string[], string[]][] = [
  ["client/engine", ["performance", "setTimeout"], ["fetch", "document", "window", "localStorage", "navigator", "globalThis", "process"]],
  ["server/core", ["structuredClone"], ["Date", "performance", "globalThis", "setTimeout", "setInterval", "process", "fetch"]],
];

/** By path and line, the rule that refuses what stands there. */
const refused = new Map<string, string>();

// One run over all of them: the linter takes longer to start than to read.
beforeAll(() => {
  copyFileSync(join(ROOT, "biome.json"), join(folder, "biome.json"));
  for (const [place, allowed, forbidden] of ARROWS)
    write(
      fileIn(place, "imports"),
      [...allowed, ...forbidden].map((from, at) => `import { x${at} } from "${from}";`),
    );
  for (const [place, allowed, forbidden] of GLOBALS)
    write(
      fileIn(place, "globals"),
      [...allowed, ...forbidden].map((name, at) => `export const x${at} = ${name};`),
    );
  const rules = ["noRestrictedImports", "noRestrictedGlobals"].map((rule) => `--only=style/${rule}`);
  const lint = ["lint", ...rules, "--reporter=github", "--max-diagnostics=none", "."];
  const { error, stdout } = spawnSync(join(ROOT, "node_modules/.bin/biome"), lint, { cwd: folder, encoding: "utf8" });
  if (error) throw error;
  for (const [, rule = "", file = "", line = ""] of stdout.matchAll(/title=lint\/style\/(\w+),file=([^,]+),line=(\d+)/g))
    refused.set(`${relative(folder, file)}:${line}`, rule);
}, 60_000);

/** A new file in a folder, or the very one. */
function fileIn(place: string, name: string): string {
  return place.endsWith(".ts") ? place : `${place}/${name}.ts`;
}

function write(path: string, lines: readonly string[]): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `${lines.join("\n")}\n`);
}

/** Of `lines`, those that the rule refuses in the file. */
function refusedOf(rule: string, file: string, lines: readonly string[]): string[] {
  return lines.filter((_, at) => refused.get(`${file}:${at + 1}`) === rule);
}

it.each(ARROWS)("%s may import what lies below it and nothing else", (place, allowed, forbidden) => {
  expect(refusedOf("noRestrictedImports", fileIn(place, "imports"), [...allowed, ...forbidden])).toEqual(forbidden);
});

it.each(GLOBALS)("%s may use what it is handed, and of what there is everywhere only what changes nothing", (place, allowed, forbidden) => {
  expect(refusedOf("noRestrictedGlobals", fileIn(place, "globals"), [...allowed, ...forbidden])).toEqual(forbidden);
});

it("server/core draws no random numbers of its own", () => {
  const core = join(ROOT, "server/core");
  const files = readdirSync(core).filter((name) => name.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(0);
  for (const name of files)
    expect([name, readFileSync(join(core, name), "utf8")]).not.toEqual([name, expect.stringContaining("Math.random")]);
});
