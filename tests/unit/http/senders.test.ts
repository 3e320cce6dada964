import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import Fastify from "fastify";
import { describe, expect, it } from "vitest";
import type { App } from "../../../server/http/context.ts";
import { Pace } from "../../../server/http/pace.ts";
import { boundConnections, hurrySenders } from "../../../server/http/senders.ts";

const socketFrom = (address: string) => Object.assign(new EventEmitter(), { remoteAddress: address, destroyed: false });

/** A server that `addresses` connect to; which of their sockets it left open. */
function connected(isDirect: boolean, addresses: readonly string[]) {
  const server = createServer();
  let refused = 0;
  boundConnections(server, isDirect, () => refused++);
  const open = addresses.map((address) => {
    const socket = Object.assign(socketFrom(address), { destroy: () => socket.emit("close") && undefined });
    let isOpen = true;
    socket.once("close", () => {
      isOpen = false;
    });
    server.emit("connection", socket as unknown as Socket);
    return { socket, isOpen: () => isOpen };
  });
  return { server, open, refused: () => refused };
}

describe("connections", () => {
  it("of one line are bounded, and another line's and private ones are not", () => {
    const many = Array<string>(1_100);
    const { open, refused } = connected(true, [
      ...many.fill("203.0.113.9"),
      ...Array<string>(1_100).fill("::ffff:192.168.1.9"),
      "2001:db8::1",
    ]);
    expect(open.slice(0, 1_024).every(({ isOpen }) => isOpen())).toBe(true);
    expect(open.slice(1_024, 1_100).some(({ isOpen }) => isOpen())).toBe(false);
    expect(open.slice(1_100).every(({ isOpen }) => isOpen())).toBe(true);
    expect(refused()).toBe(1_100 - 1_024);
  });

  it("that end make room, in the whole /64 of an IPv6 line", () => {
    const { server, open, refused } = connected(
      true,
      Array.from({ length: 1_024 }, (_, host) => `2001:db8:1:2::${host.toString(16)}`),
    );
    open[0]?.socket.emit("close");
    server.emit("connection", socketFrom("2001:db8:1:2::ffff") as unknown as Socket);
    expect(refused()).toBe(0);
  });

  it("of a proxy are its clients'", () => {
    expect(connected(false, Array<string>(2_000).fill("203.0.113.9")).refused()).toBe(0);
  });
});

/** Sends `text`, holds the line, and resolves with what came until the server ended it. */
function held(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    let answer = "";
    socket.on("data", (part) => {
      answer += String(part);
      if (answer.includes("\r\n\r\n")) socket.end();
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}

describe("a sender", () => {
  async function serve(heardOut = { bytes: 1_000_000, ms: 30 }): Promise<{ app: ReturnType<typeof Fastify>; port: number }> {
    const app = Fastify({ forceCloseConnections: true, bodyLimit: 20_000 });
    hurrySenders(app as unknown as App, () => new Pace(30), heardOut);
    app.post("/json", async (request) => request.body);
    app.get("/get", async () => "read");
    await app.listen({ port: 0, host: "127.0.0.1" });
    const { port } = (app.server as Server).address() as { port: number };
    return { app, port };
  }

  it("of a small body that stops in the middle is answered without it", async () => {
    const { app, port } = await serve();
    const answer = await held(port, 'POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n{"a":');
    expect(answer).toMatch(/^HTTP\/1.1 400/);
    expect(answer).toContain("too slowly");
    expect(answer).toContain("connection: close");
    await app.close();
  });

  it("of a body that nobody reads does not keep the line", async () => {
    const { app, port } = await serve();
    const answer = await held(port, "GET /get HTTP/1.1\r\nhost: x\r\ncontent-length: 20\r\n\r\nab");
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toContain("connection: close");
    await app.close();
  });

  it("of too large a body that stops in the middle is answered, and nothing fails after it", async () => {
    // The pace of these bytes is over before.
    const { app, port } = await serve({ bytes: 1_000_000, ms: 1_500 });
    const head = "POST /json HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    const answer = await held(port, `${head}7530\r\n${"x".repeat(0x7530)}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 413/);
    await app.close();
  });

  it.each(["", "x".repeat(2_000)])("of more than is heard out is answered before it comes: %j", async (part) => {
    const { app, port } = await serve({ bytes: 1_000, ms: 1_000_000 });
    expect(await held(port, `GET /get HTTP/1.1\r\nhost: x\r\ncontent-length: 20000\r\n\r\n${part}`)).toMatch(/^HTTP\/1.1 200/);
    await app.close();
  });

  it("of more than is heard out does not keep the line", async () => {
    const { app, port } = await serve({ bytes: 1_000, ms: 30 });
    const line = connect(port, "127.0.0.1", () => line.write("GET /get HTTP/1.1\r\nhost: x\r\ncontent-length: 20000\r\n\r\nxx"));
    expect(await text(line)).toMatch(/^HTTP\/1.1 200/);
    await app.close();
  }, 20_000);

  it("that tells no length is heard out as far as others, and answered without the rest", async () => {
    const { app, port } = await serve({ bytes: 1_000, ms: 1_000_000 });
    const head = "GET /get HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    const answer = await held(port, `${head}7d0\r\n${"x".repeat(2_000)}\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 200/);
    expect(answer).toContain("connection: close");
    await app.close();
  });

  it("of a whole body is heard", async () => {
    const { app, port } = await serve();
    const body = JSON.stringify({ text: "x".repeat(10_000) });
    const response = await fetch(`http://127.0.0.1:${port}/json`, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(await response.text()).toBe(body);
    await app.close();
  });
});
