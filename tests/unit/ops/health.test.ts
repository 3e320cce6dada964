import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { Disk } from "../../../server/access/disk.ts";
import { unitsOf } from "../../../shared/ids.ts";
import { planOf, startNetwork, type TestNetwork } from "../gateway/network.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { formOf, packageOf, startServer, type TestServer } from "../http/server.ts";
import { temporaryFolder } from "../store/place.ts";

/** No disk has this much. */
const UNREACHABLE_MIB = 2 ** 40;

let server: TestServer | undefined;
let network: TestNetwork | undefined;
afterEach(async () => {
  await server?.close();
  await network?.close();
  server = undefined;
  network = undefined;
});

it("a coordinator that is well lives and is ready", async () => {
  server = await startServer();
  expect(await (await server.get("/healthz")).json()).toEqual({ ok: true });
  const ready = await server.get("/readyz");
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, reasons: [] }]);
});

it("below the floor of free space it lives, says so, refuses new jobs and goes on reading", async () => {
  const before = await startServer();
  const job = await before.submit(packageOf(4));
  await before.close(true);
  server = await startServer({ minFreeMiB: UNREACHABLE_MIB }, before.folder, before.token);
  expect((await server.get("/healthz")).status).toBe(200);
  const ready = await server.get("/readyz");
  expect([ready.status, await ready.json()]).toEqual([503, { ready: false, reasons: ["disk-full"] }]);
  const refused = await server.post("/api/jobs", formOf(packageOf(4)), server.token);
  expect(refused.status).toBe(507);
  expect(await refused.json()).toMatchObject({ code: "disk-full", todo: expect.stringMatching(/room/) });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(await server.status(job)).toMatchObject({ state: "running", units: { total: 4 } });
});

it("below the floor volunteers are told to come back with bytes and claims, digests alone are taken", async () => {
  network = await startNetwork();
  const job = await network.addJob(planOf(4));
  const { folder } = network;
  const roomy = await new Volunteer(network.url).join();
  const { token, runs } = await roomy.claim(2, job);
  roomy.leave();
  await network.close(true);
  network = await startNetwork({ folder, minFreeBytes: UNREACHABLE_MIB * 1024 ** 2 });
  const volunteer = await new Volunteer(network.url, roomy.keys).join();
  const units = [...unitsOf(runs)];
  const refusal = { type: "error", code: "disk-full", retryMs: 60_000 };
  const submit = (carried: boolean) => {
    const results = units.map((unit) => resultOf(unit, bytesOf(unit), carried));
    return volunteer.send({ type: "submit", token, results });
  };
  expect(await submit(true)).toMatchObject(refusal);
  expect(await volunteer.send({ type: "claim", units: 1, gpuMillis: 1, job })).toMatchObject(refusal);
  expect(await submit(false)).toMatchObject({ type: "answer" });
  expect(network.refused).toEqual(["disk-full", "disk-full"]);
  expect(network.failures).toEqual([]);
});

it("a data folder that cannot be written is noticed, and that it can be again", async () => {
  const folder = join(await temporaryFolder(), "data");
  await mkdir(folder);
  const changes: boolean[] = [];
  const disk = await Disk.open({ folder, minFreeBytes: 0, onChange: ({ writable }) => changes.push(writable) });
  disk.close();
  expect([disk.isWritable, disk.isFull, disk.free > 0]).toEqual([true, false, true]);
  await rm(folder, { recursive: true });
  await disk.look();
  expect(disk.isWritable).toBe(false);
  await mkdir(folder);
  await disk.look();
  expect(disk.isWritable).toBe(true);
  expect(changes).toEqual([false, true]);
});
