import { readdir } from "node:fs/promises";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MAX_UNANSWERED } from "../../../server/http/pipelines.ts";
import { startServer, type TestServer } from "./server.ts";

const LARGE = "/docs/static/swagger-ui-bundle.js";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

function lineTo(path: string, requests: number, last = "") {
  const { port, hostname } = new URL(server.url);
  const line = connect(Number(port), hostname);
  const one = `GET ${path} HTTP/1.1\r\nhost: x\r\n`;
  line.write([...Array<string>(requests - 1).fill(one), `${one}${last}`, ""].join("\r\n"));
  return line;
}

it("some requests that wait for no answer are all answered, in their order", async () => {
  const answers = await text(lineTo("/healthz", MAX_UNANSWERED, "connection: close\r\n"));
  expect(answers.match(/HTTP\/1\.1 200/g)).toHaveLength(MAX_UNANSWERED);
});

it("a line with more of them is closed, and nothing is kept of it", async () => {
  expect((await text(lineTo("/docs/json", 1_000))).length).toBeLessThan(5_000_000);
  expect((await server.get("/healthz")).status).toBe(200);
});

// Linux alone tells what a process has open.
it.runIf(process.platform === "linux")("files that were to be answers are closed with their line, read or not", async () => {
  const open = async () => (await readdir("/proc/self/fd")).length;
  await (await server.get(LARGE)).arrayBuffer();
  const before = await open();
  for (let i = 0; i < 40; i++) {
    const line = lineTo(LARGE, MAX_UNANSWERED);
    line.pause();
    await new Promise((resolve) => setTimeout(resolve, 10));
    line.destroy();
  }
  await expect.poll(open, { timeout: 20_000 }).toBeLessThan(before + 8);
});
