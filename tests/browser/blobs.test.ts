import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, openBrowser, serveScripts, type TestSite } from "./harness.ts";

const hashOf = (text: string | Uint8Array) => createHash("sha256").update(text).digest();
const hex = (text: string) => hashOf(text).toString("hex");
const WHOLE = "a whole file";
const CHUNKS = ["0a1b", "2c3d", "4e5f", "6g"];
// A list of hashes is bytes, a script is text: what is served as the list are characters of one byte each.
const LIST = Buffer.concat(CHUNKS.map((chunk) => hashOf(chunk)));

let browser: Browser;
let page: Page;
let site: TestSite;

beforeAll(async () => {
  const script = await bundle(fileURLToPath(new URL("./blobs.page.ts", import.meta.url)));
  const blobs = Object.fromEntries([WHOLE, ...CHUNKS].map((text) => [`/blobs/${hex(text)}`, text]));
  site = await serveScripts({ "/main.js": script, ...blobs, [`/blobs/${hashOf(LIST).toString("hex")}`]: LIST });
  browser = await openBrowser({ gpu: "none" });
  page = await browser.newPage();
  await page.goto(site.url);
  await page.waitForFunction("globalThis.ready === true");
});
afterAll(async () => {
  await browser?.close();
  await site?.close();
});

function call<T>(name: string, ...args: unknown[]): Promise<T> {
  return page.evaluate(`api[${JSON.stringify(name)}](...${JSON.stringify(args)})`) as Promise<T>;
}

describe("blobs in the browser", () => {
  it("are kept within a budget, and what was not used for longest goes first", async () => {
    expect(await call("keep", 100, [40, 40, 20, 30], 0)).toEqual(["/0", "/2", "/3"]);
    expect(await call("keep", 100, [40, 101, 40], 0)).toEqual(["/0", "/2"]);
  });

  it("count after a reload too, and what has no length is dropped", async () => {
    await call("keep", 100, [40, 40, 20], 2);
    await call("keepOld", "/old");
    expect(await call("keepMore", 100, "/new", 50)).toEqual(["/2", "/new"]);
  });

  it("are fetched once, and again when what is kept is not what its hash says", async () => {
    expect(await call("blob", hex(WHOLE), 3, false)).toEqual({ text: WHOLE, fetched: 1 });
    expect(await call("blob", hex(WHOLE), 3, true)).toEqual({ text: WHOLE, fetched: 1 });
  });

  it("of the units that follow are fetched before they are needed, two chunks ahead", async () => {
    const init = { kind: "split", bytesPerUnit: 2, unitsPerChunk: 2, fileBytes: 14, chunks: hashOf(LIST).toString("hex") };
    const plan = { buffers: [{ init }] };
    expect(await call("ahead", plan, [0, 1, 2, 3])).toEqual({ texts: ["0a", "1b", "2c", "3d"], fetched: 0 });
    expect(await call("ahead", plan, [4, 6, 0])).toEqual({ texts: ["4e", "6g", "0a"], fetched: 1 });
  });
});
