/** `donate`: volunteers on Dawn, each a process with a folder of its own, at a real coordinator. */
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fileShelf } from "../../../client/dawn/shelf.ts";
import { ROOT } from "../../../server/root.ts";
import type { UnitIndex } from "../../../shared/ids.ts";
import { packageOf, startServer, type TestServer } from "../http/server.ts";
import { donorProcess } from "./donor-process.ts";
import { idlewave } from "./run.ts";

const TIMEOUT = 180_000;
let server: TestServer;
let folder: string;
beforeAll(async () => {
  server = await startServer({ allowSoftware: true });
  folder = await mkdtemp(join(tmpdir(), "idlewave-donate-"));
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

/** A donor's process, and what it said until it ended. */
const donor = (home: string, ...options: string[]) => donorProcess(server.url, join(folder, home), ...options);

const idle = (...options: string[]) => donor("four", "--until-idle", "1.5", ...options).ended;
const keyOf = async (home: string) =>
  JSON.parse(await readFile(join(folder, home, "identity.json"), "utf8")) as { idlewave: string; seed: string };

/** The first workgroup waits for the second, which WGSL does not promise to run meanwhile. */
const SPINNING = `@group(0) @binding(0) var<storage, read_write> counts: array<u32>;
@group(0) @binding(1) var<storage, read_write> isDone: atomic<u32>;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3u) {
  if (group.x == 1u) { atomicStore(&isDone, 1u); }
  while (atomicLoad(&isDone) == 0u) {}
  counts[group.x] = 1u;
}
`;

async function endless(): Promise<Record<string, string>> {
  const path = (name: string) => join(ROOT, "tests", "fixtures", "jobs", "endless", name);
  return { "job.json": await readFile(path("job.json"), "utf8"), "kernel.wgsl": await readFile(path("kernel.wgsl"), "utf8") };
}

describe("a volunteer without a browser", () => {
  it(
    "computes with a second one what is verified, and ends when there is no work",
    async () => {
      const job = await server.submit(packageOf(6));
      const ran = await Promise.all(["one", "two"].map((home) => donor(home, "--until-idle", "3").ended));
      for (const { code, stderr } of ran) expect(code, stderr).toBe(0);
      expect(await server.status(job)).toMatchObject({ state: "done", units: { final: 6 } });
      // Credit comes after the line that says that the job is done.
      for (const { told } of ran) expect(told.at(-1)).toMatchObject({ units: { final: 6 }, credit: { escrow: 0 } });
      for (const { told } of ran) expect(told.at(-1)?.credit.final).toBeGreaterThan(0);
    },
    TIMEOUT,
  );

  it(
    "keeps its key in a file that it alone may read, and comes back under it",
    async () => {
      const { idlewave, seed } = await keyOf("one");
      expect([idlewave, seed]).toEqual(["identity/1", expect.stringMatching(/^[0-9a-f]{64}$/)]);
      expect((await stat(join(folder, "one", "identity.json"))).mode & 0o777).toBe(0o600);
      const { code, told } = await donor("one", "--until-idle", "1.5").ended;
      expect(code).toBe(0);
      expect(told.at(-1)?.units.submitted).toBeGreaterThan(0);
      expect((await keyOf("one")).seed).toBe(seed);
    },
    TIMEOUT,
  );

  it(
    "has its folder alone, and stops when it is told to",
    async () => {
      const first = donor("three");
      while (!(await stat(join(folder, "three", "identity.json")).catch(() => undefined))) await delay(50);
      const second = await donor("three").ended;
      expect(second.code).toBe(1);
      expect(JSON.stringify(second.told)).toContain("in use by another process");
      first.process.kill("SIGTERM");
      expect((await first.ended).code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    "waits for the hours in which it may run, and takes no job that is larger than it may be",
    async () => {
      const hour = (new Date().getHours() + 12) % 24;
      const waiting = donor("six", "--hours", `${hour}:00-${(hour + 1) % 24}:00`);
      await new Promise((told) => waiting.process.stdout?.once("data", told));
      await delay(1_000); // it listens for signals once it has told its first state
      waiting.process.kill("SIGTERM");
      const { code, told } = await waiting.ended;
      expect([code, told.at(0)?.phase]).toEqual([0, "on-hold"]);
      const job = await server.submit(packageOf(6));
      const small = await donor("six", "--gpu-memory", "0.0001", "--until-idle", "1").ended;
      expect([small.code, small.told.at(-1)?.phase]).toEqual([0, "on-hold"]);
      expect(await server.status(job)).toMatchObject({ units: { final: 0, voted: 0, leased: 0 } });
      expect(await idle("--hours", "25:00-26:00")).toMatchObject({ code: 2 });
    },
    TIMEOUT,
  );

  it(
    "ends when nobody answers for too long, and a job that is not there is no work",
    async () => {
      const none = await idle("--url", "http://127.0.0.1:9");
      expect(none.code).toBe(4);
      expect(JSON.stringify(none.told)).toContain("could not be reached");
      expect(await idle("--url", `${server.url}/sub`)).toMatchObject({ code: 2 });
    },
    TIMEOUT,
  );

  it(
    "lends as a device of the account whose file it is given, and says what the account has",
    async () => {
      const file = join(folder, "account.jwe");
      const home = join(folder, "one");
      const own = { IDLEWAVE_URL: server.url, IDLEWAVE_PASSPHRASE: "correct horse battery" };
      expect(await idlewave(["account", "new", file], own)).toMatchObject({ code: 0 });
      process.env.IDLEWAVE_PASSPHRASE = own.IDLEWAVE_PASSPHRASE;
      const { code, told } = await idle("--account", file).finally(() => delete process.env.IDLEWAVE_PASSPHRASE);
      expect(code).toBe(0);
      const before = told.at(-1)?.credit.final ?? 0;
      const linked = await idlewave(["account", "link", file, "--home", home, "--json"], own);
      const { credit } = JSON.parse(linked.stdout) as { credit: { final: number } };
      expect(credit.final).toBeGreaterThan(before);
      const { devices } = JSON.parse((await idlewave(["account", "devices", "--home", home, "--json"], own)).stdout) as {
        devices: unknown[];
      };
      expect(devices).toHaveLength(2);
    },
    TIMEOUT,
  );

  it(
    "sets aside what was damaged in its outbox and begins anew where a key was never written",
    async () => {
      const home = join(folder, "five");
      await mkdir(home, { mode: 0o700 });
      await writeFile(join(home, "identity.json"), "");
      const shelf = fileShelf(join(home, "outbox.sqlite"));
      const entry = { key: "1:0:x", stage: "submit", job: 1, unit: 0 as UnitIndex, token: new Uint8Array(8), status: "ok" } as const;
      await shelf.write([{ ...entry, gpuMicros: 1, digest: new Uint8Array(31), bytes: new Uint8Array(4) }], []);
      shelf.close();
      expect((await donor("five", "--until-idle", "1.5").ended).code).toBe(0);
      const after = fileShelf(join(home, "outbox.sqlite"));
      expect(await after.load()).toEqual([]);
      after.close();
      expect((await keyOf("five")).seed).toMatch(/^[0-9a-f]{64}$/);
      await writeFile(join(home, "outbox.sqlite"), "no database at all, however long this text is");
      const damaged = await donor("five").ended;
      expect([damaged.code, JSON.stringify(damaged.told)]).toEqual([1, expect.stringContaining("is damaged: move it away")]);
    },
    TIMEOUT,
  );

  it(
    "leaves a file that is no key as it is",
    async () => {
      const path = join(folder, "one", "identity.json");
      await chmod(path, 0o600);
      await writeFile(path, "{}");
      const { code, told } = await donor("one", "--until-idle", "1.5").ended;
      expect(code).toBe(1);
      expect(JSON.stringify(told)).toContain("is no identity");
      expect(await readFile(path, "utf8")).toBe("{}");
    },
    TIMEOUT,
  );

  it.each([
    ["does not end", "A loop without an end", endless],
    [
      "spins on another workgroup",
      "A test",
      async () => ({ ...packageOf(6, 2, { passes: [{ workgroups: [2] }] }), "kernel.wgsl": SPINNING }),
    ],
  ])(
    "gives up a kernel that %s by its name, and tells the coordinator",
    async (_, title, files) => {
      const job = await server.submit(await files());
      const { code, told } = await donor("six").ended;
      expect(code).toBe(1);
      expect(JSON.stringify(told)).toContain(`The kernel of \\"${title}\\" did not end`);
      expect((await server.status(job)).units).toMatchObject({ voted: 1, leased: 0 });
      await server.post(`/api/jobs/${job}/cancel`, undefined, server.token);
    },
    TIMEOUT,
  );
});
