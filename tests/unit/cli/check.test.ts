import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { Judges } from "../../../server/admit/admit.ts";
import { IdlewaveError } from "../../../shared/errors.ts";
import { startServer } from "../http/server.ts";
import { idlewave } from "./run.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "idlewave-check-"));
  await cp(fileURLToPath(new URL("../../fixtures/foreign/histogram", import.meta.url)), folder, { recursive: true });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("check says once whether the job can be sliced, or why not", async () => {
  const sliced = await idlewave(["check", folder, "--json"]);
  const { entryPoints } = JSON.parse(sliced.stdout) as { entryPoints: string[] };
  expect(JSON.parse(sliced.stdout)).toMatchObject({ slicing: { sliced: true } });
  expect((await idlewave(["check", folder])).stdout.match(/can be sliced/g)).toEqual(["can be sliced"]);

  const kernel = join(folder, "kernel.wgsl");
  await writeFile(kernel, `${await readFile(kernel, "utf8")}\nalias vec4 = f32;\n`);
  const why = "The kernel declares its own vec4, which the code that slices needs: rename it.";
  const whole = await idlewave(["check", folder]);
  expect(whole).toMatchObject({ code: 0, stderr: expect.stringContaining(why) });
  expect(whole.stdout.match(/run whole/g)).toEqual(["run whole"]);
  expect(whole.stdout).toMatch(/has no faults, and \d+ warnings?: \d/);
  const strict = await idlewave(["check", folder, "--strict"]);
  expect(strict).toMatchObject({ code: 3, stdout: "", stderr: expect.stringContaining(why) });
  expect(strict.stderr).toMatch(/has no faults, and \d+ warnings?\. See to them, or leave --strict out/);
  expect(JSON.parse((await idlewave(["check", folder, "--json"])).stdout)).toMatchObject({ entryPoints, slicing: { whole: why } });
});

test("one fault is spoken of as one", async () => {
  const one = join(folder, "one");
  await cp(fileURLToPath(new URL("../../fixtures/foreign/histogram", import.meta.url)), one, { recursive: true });
  const manifest = join(one, "job.json");
  await writeFile(manifest, (await readFile(manifest, "utf8")).replace('"passes"', '"pases"'));
  expect((await idlewave(["check", one])).stderr).toMatch(/1 fault\. Mend it and check again\.\n$/);
});

test("a fault of the last stage is said to be all there is, here and at a coordinator", async () => {
  const last = join(folder, "last");
  await cp(fileURLToPath(new URL("../../fixtures/foreign/histogram", import.meta.url)), last, { recursive: true });
  const kernel = join(last, "kernel.wgsl");
  const text = await readFile(kernel, "utf8");
  const server = await startServer();
  try {
    const env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
    const endings = async () => [
      (await idlewave(["check", last])).stderr.trimEnd(),
      (await idlewave(["submit", last], env)).stderr.trimEnd(),
    ];
    await writeFile(kernel, text.replace("let count", "atomicStore(&bins[input.local_index + 256u], 1u); let count"));
    expect(await endings()).toEqual([expect.stringMatching(/check again\.$/), expect.stringMatching(/submit again\.$/)]);
    await writeFile(kernel, text.replace("let count", "let cuont"));
    const more = "More is looked at when these are mended.";
    expect(await endings()).toEqual([expect.stringMatching(`check again. ${more}$`), expect.stringMatching(`submit again. ${more}$`)]);
  } finally {
    await server.close();
  }
});

test("verbs that ask no coordinator do not offer its address", async () => {
  for (const verb of ["check", "run", "schema"]) expect((await idlewave([verb, "--help"])).stdout).not.toContain("--url");
  expect((await idlewave(["submit", "--help"])).stdout).toContain("--url");
});

test("a machine that is too busy to judge a package finds no fault with it, here and at a coordinator", async () => {
  const server = await startServer();
  const admit = vi.spyOn(Judges.prototype, "admit").mockRejectedValue(new IdlewaveError("busy"));
  try {
    const env = { IDLEWAVE_URL: server.url, IDLEWAVE_TOKEN: server.token };
    for (const args of [
      ["check", folder],
      ["submit", folder],
    ]) {
      const { code, stderr } = await idlewave(args, env);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/^✗ The package was not judged: .* too busy now\. Send it again in a minute/m),
      ]);
    }
  } finally {
    admit.mockRestore();
    await server.close();
  }
});
