import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { asked, askedBytes, NotTold } from "../../../client/page/asked.ts";

let server: Server;
let url: string;
/** What the server does with a request of which all has come. */
let reply: (response: ServerResponse, method: string, body: string) => void;

beforeEach(async () => {
  server = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += String(part);
    reply(response, request.method ?? "", body);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});
afterEach(() => {
  vi.useRealTimers();
  server.closeAllConnections();
  server.close();
});

const faultOf = async (answer: Promise<unknown>) => {
  const fault = await answer.catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(NotTold);
  const { message, status } = fault as NotTold;
  return { message, status };
};

describe("what is asked of the coordinator", () => {
  it("is what it answers; what is sent is posted", async () => {
    reply = (response, method, body) => response.end(JSON.stringify({ method, body }));
    expect(await asked(url)).toEqual({ method: "GET", body: "" });
    expect(await asked(url, { secret: "s" })).toEqual({ method: "POST", body: '{"secret":"s"}' });
    expect(new TextDecoder().decode(await askedBytes(url, 100))).toBe('{"method":"GET","body":""}');
  });

  it("is refused in its own words, with what to do", async () => {
    reply = (response) => response.writeHead(404).end(JSON.stringify({ message: "There is no such pool.", todo: "Ask for a new link." }));
    expect(await faultOf(asked(url))).toEqual({ message: "There is no such pool. Ask for a new link.", status: 404 });
  });

  it.each([
    [502, "<h1>Bad gateway</h1>", "The coordinator answered 502. Try again in a while.", 502],
    [200, "<h1>Welcome to our network</h1>", "Something else than the coordinator answered. Try again in a while.", 0],
  ])("has words of ours where a %i brings %s", async (code, body, message, status) => {
    reply = (response) => response.writeHead(code).end(body);
    expect(await faultOf(asked(url))).toEqual({ message, status });
  });

  it("is no more than it may be", async () => {
    reply = (response) => response.end("x".repeat(101));
    expect((await faultOf(askedBytes(url, 100))).message).toBe("The file is larger than the 100 bytes that it may have.");
  });

  it("is told apart where nobody listens", async () => {
    const message = "The coordinator cannot be reached. Try again in a while.";
    expect(await faultOf(asked("http://127.0.0.1:9/api"))).toEqual({ message, status: 0 });
  });

  it.each([
    ["nothing", () => undefined],
    ["half", (response: ServerResponse) => void response.writeHead(200, { "content-length": 100 }).write("{")],
  ])("is given up after half a minute when %s comes", async (_what, silent) => {
    let isAsked = () => {};
    const arrived = new Promise<void>((resolve) => {
      isAsked = resolve;
    });
    reply = (response) => {
      silent(response);
      isAsked();
    };
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const fault = faultOf(asked(url));
    await arrived;
    vi.advanceTimersByTime(29_000);
    expect(await Promise.race([fault, wait(300, "waits")])).toBe("waits");
    vi.advanceTimersByTime(2_000);
    expect(await fault).toEqual({ message: "The coordinator does not answer. Try again in a while.", status: 0 });
  });
});
