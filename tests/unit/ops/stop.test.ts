/** The real process and real sessions on Dawn's null backend: what a SIGTERM costs nobody. */
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { create, globals } from "webgpu";
import type { JobStatus } from "../../../shared/api.ts";
import { unitsOf } from "../../../shared/ids.ts";
import { type Lender, lend } from "../donor/front.ts";
import { bytesOf, resultOf, Volunteer } from "../gateway/volunteer.ts";
import { formOf, packageOf } from "../http/server.ts";
import { temporaryFolder } from "../store/place.ts";
import { type Served, serve } from "./process.ts";

vi.setConfig({ testTimeout: 240_000 }); // processes start slowly on a busy machine

const PATIENCE = { timeout: 60_000, interval: 50 };
const UNITS = 3_000;
let served: Served | undefined;
const lenders: Lender[] = [];

beforeAll(() => {
  Object.assign(globalThis, globals);
  vi.stubGlobal("navigator", { gpu: create(["backend=null"]), userAgent: "Node" });
});
afterEach(async () => {
  for (const { session } of lenders.splice(0)) await (await session.stop()).closed;
  served?.process.kill("SIGKILL");
  await served?.ended;
  served = undefined;
});

async function submit({ url, token }: Served, count: number): Promise<number> {
  const body = formOf(packageOf(count));
  const response = await fetch(`${url}/api/jobs`, { method: "POST", body, headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(201);
  return ((await response.json()) as { id: number }).id;
}

const statusOf = async ({ url }: Served, job: number) => (await (await fetch(`${url}/api/jobs/${job}`)).json()) as JobStatus;

it("a SIGTERM while volunteers work loses nothing that was acknowledged, ends with 0, and they go on by themselves after the restart", async () => {
  const data = await temporaryFolder();
  served = await serve(data, { IDLEWAVE_ALLOW_SOFTWARE: "1" });
  const job = await submit(served, UNITS);
  const witness = await new Volunteer(served.url).join();
  const { token, runs } = await witness.claim(8, job);
  const units = [...unitsOf(runs)];
  const answer = await witness.send({ type: "submit", token, results: units.map((unit) => resultOf(unit, bytesOf(0))) });
  expect(answer).toEqual({ type: "answer", verdicts: units.map(() => "recorded") });
  lenders.push(lend(served), lend(served));
  const first = served;
  await vi.waitFor(async () => expect((await statusOf(first, job)).replicas.counted).toBeGreaterThan(units.length), PATIENCE);
  const before = await statusOf(served, job);
  expect(before.units.final).toBeLessThan(UNITS);

  served.process.kill("SIGTERM");
  expect(await served.ended).toEqual({ code: 0, signal: null });
  const { port } = new URL(served.url);
  served = await serve(data, { IDLEWAVE_ALLOW_SOFTWARE: "1", IDLEWAVE_PORT: port });
  const after = await statusOf(served, job);
  expect(after.units.final).toBeGreaterThanOrEqual(before.units.final);
  expect(after.replicas.counted).toBeGreaterThanOrEqual(before.replicas.counted);
  const back = await new Volunteer(served.url, witness.keys).join();
  const kept = await back.units(job as Parameters<Volunteer["units"]>[0]);
  expect(kept.units.map(({ unit }) => unit).sort((a, b) => a - b)).toEqual(units);
  back.leave();

  const counted = after.replicas.counted;
  await vi.waitFor(async () => expect((await statusOf(served as Served, job)).replicas.counted).toBeGreaterThan(counted + 50), PATIENCE);
});

it("what is under way when the signal comes is finished, and told not to be begun anew", async () => {
  served = await serve(await temporaryFolder(), { IDLEWAVE_DRAIN_SECONDS: "600" });
  const { url, token } = served;
  let feed: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      feed = controller;
    },
  });
  const text = new TextEncoder();
  const boundary = "b";
  const part = (name: string, content: string) =>
    text.encode(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="x"\r\n\r\n${content}\r\n`);
  const files = packageOf(4);
  const headers = { authorization: `Bearer ${token}`, "content-type": `multipart/form-data; boundary=${boundary}` };
  const uploading = fetch(`${url}/api/jobs`, { method: "POST", body, headers, duplex: "half" } as RequestInit);
  uploading.catch(() => undefined); // awaited below
  feed?.enqueue(part("job.json", files["job.json"] as string));
  await vi.waitFor(async () => {
    const scraped = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    expect(scraped).toMatch(/^idlewave_requests 2$/m);
  }, PATIENCE);
  served.process.kill("SIGTERM");
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503), PATIENCE);
  expect(await (await fetch(`${url}/readyz`)).json()).toEqual({ ready: false, reasons: ["draining"] });
  const late = await fetch(`${url}/api/jobs/1/pause`, { method: "POST", headers: { authorization: `Bearer ${token}` } });
  expect([late.status, Number(late.headers.get("retry-after")) > 0]).toEqual([503, true]);
  feed?.enqueue(part("kernel.wgsl", files["kernel.wgsl"] as string));
  feed?.enqueue(text.encode(`--${boundary}--\r\n`));
  feed?.close();
  expect((await uploading).status).toBe(201);
  expect(await served.ended).toEqual({ code: 0, signal: null });
});

it("a second signal, of either kind, ends it at once", async () => {
  served = await serve(await temporaryFolder(), { IDLEWAVE_DRAIN_SECONDS: "600" });
  const { url, token } = served;
  const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode("--b\r\n")) });
  const headers = { authorization: `Bearer ${token}`, "content-type": "multipart/form-data; boundary=b" };
  const hanging = fetch(`${url}/api/jobs`, { method: "POST", body, headers, duplex: "half" } as RequestInit).catch(
    (error: unknown) => error,
  );
  await vi.waitFor(async () => {
    const scraped = await (await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${token}` } })).text();
    expect(scraped).toMatch(/^idlewave_requests 2$/m);
  }, PATIENCE);
  served.process.kill("SIGINT");
  await vi.waitFor(async () => expect((await fetch(`${url}/readyz`)).status).toBe(503), PATIENCE);
  served.process.kill("SIGTERM");
  expect(await served.ended).toEqual({ code: null, signal: "SIGTERM" });
  expect(await hanging).toBeInstanceOf(Error);
});

it("its log is one JSON record a line, with the id that the answer bears and no address of who asked", async () => {
  served = await serve(await temporaryFolder(), { IDLEWAVE_LOG_LEVEL: "debug" });
  const { url, token, logged } = served;
  const job = await submit(served, 1);
  const response = await fetch(`${url}/api/jobs/${job}`, { headers: { "x-forwarded-for": "203.0.113.9" } });
  expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f]{8}-[0-9a-z]+$/);
  served.process.kill("SIGTERM");
  await served.ended;
  const records = logged.map((line) => JSON.parse(line) as { level: string; time: string; msg: string; job?: number });
  for (const { level, time } of records) {
    expect(["debug", "info", "warn"]).toContain(level);
    expect(Number.isNaN(Date.parse(time))).toBe(false);
  }
  const messages = records.map(({ msg }) => msg);
  expect(messages.at(-1)).toBe("The coordinator has stopped.");
  expect(messages).toContain("The coordinator is ready.");
  expect(records).toContainEqual(expect.objectContaining({ msg: "A job changed.", job, state: "running" }));
  const text = logged.join("\n");
  expect(text).not.toContain(token);
  expect(text).not.toContain("203.0.113.9");
});
