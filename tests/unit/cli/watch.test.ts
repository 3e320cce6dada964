import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import type { JobStatus } from "../../../shared/api.ts";
import { packageOf, startServer } from "../http/server.ts";
import { idlewave } from "./run.ts";

let proxy: Server;
afterEach(() => {
  proxy.closeAllConnections();
  proxy.close();
});

/** Answers each request with the next of `answers`; undefined hangs up. */
async function proxyOf(answers: ({ status: number; body: unknown } | undefined)[]): Promise<string> {
  proxy = createServer((_request, response) => {
    const answer = answers.shift();
    if (!answer) {
      response.destroy();
      return;
    }
    response.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((listening) => proxy.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
}

async function statusOfAJob(): Promise<JobStatus> {
  const server = await startServer();
  const status = await server.status(await server.submit(packageOf(4)));
  await server.close();
  return status;
}

test("watching a job outlives a coordinator that is away for a moment, and says so once", async () => {
  const running = { status: 200, body: await statusOfAJob() };
  const done = { status: 200, body: { ...running.body, state: "done" } };
  const away = { status: 502, body: { error: "bad gateway" } };
  const url = await proxyOf([running, running, away, undefined, running, done]);
  const { code, stderr } = await idlewave(["watch", "1"], { IDLEWAVE_URL: url });
  expect(code).toBe(0);
  expect(stderr.match(/Trying again/g)).toHaveLength(1);
});

test("watching ends when the coordinator says that there is no such job", async () => {
  const running = { status: 200, body: await statusOfAJob() };
  const gone = { status: 404, body: { code: "not-found", message: "There is no job 1.", todo: "Check the number or name." } };
  const url = await proxyOf([running, running, gone]);
  expect(await idlewave(["watch", "1"], { IDLEWAVE_URL: url })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("There is no job 1."),
  });
});
