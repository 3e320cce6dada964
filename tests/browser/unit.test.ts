/** The page `/unit` against a real coordinator: what is known of a unit, and the reader's own check of it on a real WebGPU device. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "puppeteer";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { frame } from "../../shared/result.ts";
import { unitAddress } from "../../shared/unit-address.ts";
import { expected } from "../fixtures/jobs/lcg/expected.ts";
import { answer } from "../unit/http/answers.ts";
import { openBrowser } from "./harness.ts";
import { type Network, startNetwork } from "./network.ts";
import { violationsOf } from "./page-visitor.ts";

vi.setConfig({ testTimeout: 180_000 });

const UNITS = 4;
const STEPS = 1000;
/** Of its 512 numbers a unit keeps so few that a result travels within its submit. */
const NUMBERS = 64;
const STRIDE = 512 * 4;
const [RIGHT, WRONG, OPEN] = [0, 1, 2];
/** Byte of the result in which liars are wrong: the length of the output stands before it. */
const LIE_AT = 8 + 3 * 4;
const CHECK = '[data-testid="check"]';

let browser: Browser;
let network: Network;
let job: number;
let page: Page;

beforeAll(async () => {
  [browser, network] = await Promise.all([openBrowser(), startNetwork()]);
  const units = expected(UNITS, STEPS);
  const result = (unit: number) => frame([units.subarray(unit * STRIDE, unit * STRIDE + 4 * NUMBERS)]);
  const lie = result(WRONG);
  lie[LIE_AT] = (lie[LIE_AT] ?? 0) ^ 1;
  job = await submit("lcg", UNITS, STEPS);
  for (let i = 0; i < 2; i++) await answer(network.url, job, { [RIGHT]: result(RIGHT), [WRONG]: lie });
});
afterAll(async () => {
  await browser?.close();
  await network?.close();
});
beforeEach(async () => {
  page = await browser.newPage();
});
afterEach(() => page.close());

const submit = (name: string, count: number, steps: number) =>
  network.submit("jobs/lcg", (manifest) => {
    const output = [{ binding: "sums", dtype: "u32", shape: [NUMBERS] }];
    const bindings = { params: { set: { unit: "$unit.index", steps } } };
    Object.assign(manifest, { name, units: { count }, bindings, passes: [{ workgroups: [1] }], output });
  });
const open = (unit: number | undefined, of = job) => page.goto(network.url + unitAddress({ id: of }, unit));
const until = (state: string) => page.waitForSelector(`idlewave-unit[data-state="${state}"]`, { timeout: 60_000 });
const text = (selector: string) => page.$eval(selector, (element) => (element.textContent ?? "").replace(/\s+/g, " ").trim());
/** Until the bytes are compared, after the reader said that their processor may do it. */
const check = async () => {
  await page.click(CHECK);
  await until("final software-adapter");
  await page.click(CHECK);
};

/** A coordinator that answers as the real one, but for `path`s that `lie` has another answer to. */
async function openLiar(
  lie: (path: string) => { status: number; body: string | Uint8Array } | undefined,
): Promise<{ url: string; server: Server }> {
  const server = createServer(async (request, response) => {
    const path = request.url ?? "";
    const lied = lie(path);
    const answered = await fetch(network.url + path);
    response.writeHead(lied?.status ?? answered.status, { "content-type": answered.headers.get("content-type") ?? "" });
    response.end(lied?.body ?? new Uint8Array(await answered.arrayBuffer()));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

it("tells what is known, runs nothing before the click, and puts the same digest twice side by side", async () => {
  const asked: [method: string, path: string][] = [];
  page.on("request", (request) => asked.push([request.method(), new URL(request.url()).pathname]));
  await open(RIGHT);
  await until("final idle");
  const { digest, replicas } = (await network.get(`/api/jobs/${job}/units/${RIGHT}`)) as {
    digest: string;
    replicas: { volunteer: string }[];
  };
  expect(await text("h1")).toBe("Unit 0 is verified.");
  expect(await page.title()).toBe("Unit 0 of Sums of a generator · Idlewave");
  const known = await text("main");
  for (const words of [
    "Sums of a generator",
    "whoever runs this network",
    "Each computed twice",
    "Two volunteers who don't know each other",
  ])
    expect(known).toContain(words);
  expect(await text(".facts .digest")).toBe(digest);
  for (const { volunteer } of replicas) expect(known).toContain(volunteer);
  expect(await violationsOf(page)).toEqual([]);
  expect(page.workers()).toEqual([]);
  const before = asked.length;

  await page.click(CHECK);
  await until("final software-adapter");
  expect(await text("h1")).toBe("No graphics card here.");
  for (const words of ["One click stops it", "Sends nothing", "all cores of your processor for at most half of the time"])
    expect(await text(".terms")).toContain(words);
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("H1");
  await page.click(CHECK);
  await until("final checked");
  expect(await text("h1")).toBe("Your processor got the same bytes.");
  expect(await page.$$eval(".digests .digest", (codes) => codes.map((code) => code.textContent))).toEqual([digest, digest]);
  expect(await text('[data-testid="verdict"]')).toBe("= The same SHA-256");
  expect(await page.$$eval(".who tbody td:last-child", (cells) => cells.map((cell) => cell.textContent))).toEqual(["the same", "the same"]);
  expect(await violationsOf(page)).toEqual([]);
  await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(0);
  expect(asked.filter(([method, path]) => method !== "GET" || path.startsWith("/socket.io"))).toEqual([]);
  const fetched = asked.slice(before).map(([, path]) => path);
  expect(fetched.filter((path) => path.startsWith("/api/"))).toEqual([`/api/jobs/${job}/units/${RIGHT}/bytes`]);
});

it("finds out two who lied alike: the first byte and value that differ, and what that proves", async () => {
  await page.setViewport({ width: 320, height: 640 });
  await open(WRONG);
  await until("final idle");
  await check();
  await until("final checked");
  expect(await text("h1")).toBe("✕ Your processor got different bytes.");
  const right = new DataView(expected(UNITS, STEPS).buffer).getUint32(WRONG * STRIDE + 3 * 4, true);
  expect(await text(".lead")).toContain(
    `They differ from byte ${LIE_AT} on. The first value that does, sums[3], u32, is ${right} here and ${(right ^ 1) >>> 0} there.`,
  );
  expect(await text('[data-testid="verdict"]')).toBe("✕ Another SHA-256");
  expect(await text(".doubts")).toContain("no floating-point numbers");
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  expect(await violationsOf(page)).toEqual([]);
});

it("says so where the coordinator gives out other bytes than it tells of, none, or not what the unit reads", async () => {
  let about: "forged" | "gone" | "no-input" = "forged";
  const { url, server } = await openLiar((path) => {
    if (about === "no-input") return path.startsWith("/blobs/") ? { status: 404, body: "{}" } : undefined;
    if (!/^\/api\/.*\/bytes/.test(path)) return undefined;
    return about === "gone" ? { status: 404, body: "{}" } : { status: 200, body: Buffer.alloc(8 + 4 * NUMBERS, 1) };
  });
  try {
    await page.goto(url + unitAddress({ id: job }, RIGHT));
    await until("final idle");
    await check();
    await until("final checked");
    expect(await text("h1")).toBe("✕ The coordinator gives out other bytes.");
    expect(await text(".lead")).toContain("Your processor got the digest that it tells");
    expect(await page.$$(".digests .digest")).toHaveLength(3);
    expect(await text('[data-testid="forged"]')).toBe("✕ Another SHA-256 than it tells");

    about = "gone";
    await page.click(CHECK);
    await page.waitForFunction(() => document.querySelector(".lead")?.textContent?.includes("could not be fetched"));
    expect(await text(".lead")).toContain(`The bytes themselves could not be fetched: the coordinator has no result of unit ${RIGHT}.`);

    about = "no-input";
    await page.evaluate(() => caches.delete("idlewave-blobs"));
    await page.click(CHECK);
    await until("final no-input");
    expect(await text("h1")).toBe("What this unit reads is not there.");
    expect(await text(".lead")).toMatch(/^The coordinator has no blob \w{12}\./);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it("breaks the longest number that goes into a unit on a phone, so that all its digits are in sight", async () => {
  const path = `/api/jobs/${job}/units/${RIGHT}`;
  const long = { binding: "modulus", offset: 0, type: "limbs", value: "1234567890".repeat(9) };
  const body = JSON.stringify({ ...((await network.get(path)) as object), inputs: [long], inputCount: 1 });
  const { url, server } = await openLiar((asked) => (asked === path ? { status: 200, body } : undefined));
  try {
    await page.setViewport({ width: 390, height: 844 });
    await page.goto(url + unitAddress({ id: job }, RIGHT));
    await until("final idle");
    expect(await text(".inputs td:last-child")).toBe(long.value);
    expect(await page.$eval(".inputs", (box) => box.scrollWidth - box.clientWidth)).toBe(0);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

it("has words of its own for a unit that is not final, not there, not named, or cannot be checked in this browser", async () => {
  await open(OPEN);
  await until("open idle");
  expect(await text("h1")).toBe("Unit 2 is not final yet.");
  expect(await page.$(CHECK)).toBeNull();
  await open(UNITS);
  await until("no-unit");
  expect(await text("h1")).toBe("This job has no unit 4.");
  expect(await text(".lead")).toBe("Sums of a generator has the units 0 to 3.");
  await open(0, 99);
  await until("no-job");
  expect(await text("h1")).toBe("There is no job 99.");
  await open(undefined);
  await until("unnamed");
  await page.type('input[name="unit"]', String(RIGHT));
  await page.evaluateOnNewDocument(() => {
    Reflect.deleteProperty(Navigator.prototype, "gpu");
  });
  await page.keyboard.press("Enter");
  await until("final idle");
  await page.click(CHECK);
  await until("final no-webgpu");
  expect(await text("h1")).toBe("This browser can't check it.");
});

it("stops at once, begins anew, and says so when the graphics card is lost meanwhile", async () => {
  const long = await submit("long", 1, 20_000_000);
  for (let i = 0; i < 2; i++) await answer(network.url, long, { 0: frame([new Uint8Array(4 * NUMBERS)]) });
  await open(0, long);
  await until("final idle");
  await check();
  await page.waitForSelector('[data-testid="stop"]');
  await page.click('[data-testid="stop"]');
  await until("final stopped");
  await expect.poll(() => page.workers().length, { timeout: 60_000 }).toBe(0);
  await page.click(CHECK);
  await until("final computing");
  const session = await browser.target().createCDPSession();
  await session.send("Browser.crashGpuProcess" as never).catch(() => undefined);
  await until("final device-lost");
  expect(await text("h1")).toBe("Your browser's driver restarted.");
});
