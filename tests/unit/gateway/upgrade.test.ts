import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ignoreOtherUpgrades } from "../../../server/gateway/upgrade.ts";
import { startServer, type TestServer } from "../http/server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** All that comes on one line until it is closed. */
function answerTo(...parts: string[]): Promise<string> {
  const { port, hostname } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const line = connect(Number(port), hostname);
    let answer = "";
    line.on("data", (part) => {
      answer += part.toString("latin1");
    });
    line.on("close", () => resolve(answer));
    line.on("error", reject);
    for (const part of parts) line.write(part, "latin1");
  });
}

function head(start: string, headers: Record<string, string> = {}, closing = ", close"): string {
  const told = { host: "h", connection: `Upgrade, HTTP2-Settings${closing}`, upgrade: "h2c", ...headers };
  const lines = Object.entries(told).map(([name, value]) => `${name}: ${value}`);
  return `${[`${start} HTTP/1.1`, ...lines].join("\r\n")}\r\n\r\n`;
}

it("whoever would rather speak HTTP/2 is answered as if it had not said so", async () => {
  const answer = await answerTo(head("GET /healthz", { "http2-settings": "AAMAAABkAAQAoAAAAAIAAAAA" }));
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n.*{"ok":true}$/s);
});

it("a WebSocket where there is none is told that there is nothing", async () => {
  const websocket = { upgrade: "websocket", "sec-websocket-version": "13", "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==" };
  expect(await answerTo(head("GET /nowhere", websocket))).toMatch(/^HTTP\/1\.1 404 .*"code":"not-found"/s);
});

it("another protocol at the socket's path is answered too", async () => {
  const answer = await answerTo(head("GET /socket.io/?EIO=4&transport=websocket"));
  expect(answer).toMatch(/^HTTP\/1\.1 400 /);
});

it("a body is read, however it is cut, and the line serves a second request", async () => {
  const body = JSON.stringify({ name: "a".repeat(40_000) });
  const headers = { "content-type": "application/json", "content-length": String(body.length) };
  const first = head("POST /api/tokens", { ...headers, authorization: `Bearer ${server.token}` }, "");
  const { port, hostname } = new URL(server.url);
  const line = connect(Number(port), hostname);
  line.write(`${first}${body.slice(0, 3)}`);
  line.write(body.slice(3));
  const answered = String((await once(line, "data"))[0]);
  line.write(head("GET /healthz"));
  const answer = answered + (await text(line));
  expect(answer).toMatch(/^HTTP\/1\.1 400 .*In the body, name is .*HTTP\/1\.1 200 OK\r\n.*{"ok":true}$/s);
});

it("an address that leads out of the site is refused as it is without that wish", async () => {
  expect(await answerTo(head("GET /../../etc/passwd"))).toMatch(/^HTTP\/1\.1 404 /);
});

describe("a line", () => {
  const http = createServer((request, response) => {
    if (request.url !== "/never") setImmediate(() => response.end(`<${request.url}>`));
  });
  beforeAll(async () => {
    ignoreOtherUpgrades(http, "/socket.io/");
    http.listen(0, "127.0.0.1");
    await once(http, "listening");
  });
  afterAll(() => http.close());
  const open = promisify(http.getConnections.bind(http));
  const lineTo = () => connect((http.address() as AddressInfo).port, "127.0.0.1");

  it("that asks for it behind a request without an answer is closed: the answer could not be finished", async () => {
    for (const upgrade of ["h2c", "websocket"]) {
      const line = lineTo();
      line.write(`GET /never HTTP/1.1\r\nhost: h\r\n\r\n${head("GET /", { upgrade }, "")}`);
      expect(await text(line)).toBe("");
    }
    await expect.poll(open).toBe(0);
  });

  it("serves many, one after the other", async () => {
    const line = lineTo();
    for (let i = 0; i < 20; i++) {
      line.write(head(`GET /${i}`, {}, ""));
      expect(String((await once(line, "data"))[0])).toContain(`</${i}>`);
    }
    line.destroy();
  });

  it("that its client has closed is open no more, answered or not", async () => {
    for (const isRead of [true, false]) {
      const line = lineTo();
      line.write(head("GET /", {}, ""));
      if (isRead) await once(line, "data");
      else await once(http, "request");
      line.destroy();
    }
    await expect.poll(open).toBe(0);
  });
});
