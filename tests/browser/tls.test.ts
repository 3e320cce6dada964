/** A browser of the local network and a coordinator whose certificate is of its own making: one question about it, then all works as under any other. */
import { readFileSync } from "node:fs";
import type { Browser, Page } from "puppeteer";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { ROOT } from "../../server/root.ts";
import type { JobStatus } from "../../shared/api.ts";
import { UNITS } from "../fixtures/jobs/lcg/expected.ts";
import { type SecureServer, startSecure } from "../unit/tls/secure.ts";
import { openBrowser } from "./harness.ts";

vi.setConfig({ testTimeout: 180_000 });

let browser: Browser;
let page: Page;
let server: SecureServer;
beforeAll(async () => {
  server = await startSecure({ host: "0.0.0.0", allowSoftware: true });
  browser = await openBrowser();
  page = await browser.newPage();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** As a form, which the owner's command line sends. */
async function submit(pool: number): Promise<number> {
  const form = new FormData();
  for (const name of ["job.json", "kernel.wgsl"]) {
    const text = readFileSync(`${ROOT}/tests/fixtures/jobs/lcg/${name}`, "utf8");
    const shown = name === "job.json" ? JSON.stringify({ ...JSON.parse(text), pool, verify: { tier: "trusted" } }) : text;
    form.append(name, new Blob([shown]), name);
  }
  const request = new Request("https://form.invalid", { method: "POST", body: form });
  const bytes = new Uint8Array(await request.arrayBuffer());
  const { id } = await server.json<{ id: number }>("/api/jobs", {
    method: "POST",
    bytes,
    headers: { "content-type": request.headers.get("content-type") ?? "" },
  });
  return id;
}

it("is asked once whether to go on, joins a pool by its link, and computes", async () => {
  const { id, link } = await server.json<{ id: number; link: string }>("/api/pools", { method: "POST", body: { name: "Physics lab" } });
  const job = await submit(id);
  await expect(page.goto(link)).rejects.toThrow("net::ERR_CERT_AUTHORITY_INVALID");
  // What a person does there: Advanced, then Proceed.
  await page.click("#details-button");
  await page.click("#proceed-link");
  await page.waitForSelector('[data-testid="join"]');
  expect(await page.evaluate(() => isSecureContext && "gpu" in navigator)).toBe(true);
  await page.click('[data-testid="join"]');
  await vi.waitFor(
    async () => expect(await server.json<JobStatus>(`/api/jobs/${job}`)).toMatchObject({ state: "done", units: { final: UNITS } }),
    { timeout: 120_000, interval: 500 },
  );
});
