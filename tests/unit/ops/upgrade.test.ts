/** A tab that stays open while its coordinator is upgraded: a real session, on Dawn's null backend, meets a newer wire version. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { beforeAll, expect, it, vi } from "vitest";
import { create, globals } from "webgpu";
import { msgpackParser } from "../../../server/gateway/parser.ts";
import { SocketEvent } from "../../../shared/protocol.ts";
import { WIRE_VERSION } from "../../../shared/wire.ts";
import { lend, startFront } from "../donor/front.ts";
import { planOf } from "../gateway/network.ts";

const PATIENCE = { timeout: 30_000, interval: 50 };

beforeAll(() => {
  Object.assign(globalThis, globals);
  vi.stubGlobal("navigator", { gpu: create(["backend=null"]), userAgent: "Node" });
});

/** What a coordinator of the next wire version does first. */
async function startNewer(port: number): Promise<{ hellos: () => number; close(): Promise<void> }> {
  const http = createServer((_request, response) => response.writeHead(404).end());
  const io = new Server(http, { transports: ["websocket"], parser: msgpackParser as unknown as object });
  let hellos = 0;
  io.on("connection", (socket) => {
    socket.on(SocketEvent.Hello, () => hellos++);
    socket.emit(SocketEvent.Challenge, { wire: WIRE_VERSION + 1, nonce: Buffer.alloc(32), allowSoftware: true });
  });
  await new Promise<void>((listening) => http.listen(port, "127.0.0.1", listening));
  return { hellos: () => hellos, close: () => io.close() };
}

it("stops, is ready to reload, and keeps on its shelf what was not acknowledged", async () => {
  const front = await startFront();
  const port = Number(new URL(front.url).port);
  await front.network.addJob(planOf(100_000));
  const lender = lend(front);
  await vi.waitFor(() => expect(lender.shelved.length).toBeGreaterThan(20), PATIENCE);
  await front.close();
  await vi.waitFor(() => expect(lender.last().unsent).toBeGreaterThan(0), PATIENCE);
  const newer = await startNewer(port);
  try {
    await vi.waitFor(() => expect(lender.last()).toMatchObject({ phase: { kind: "another-version" }, running: 0 }), PATIENCE);
    await (await lender.session.stop()).closed;
    expect(newer.hellos()).toBe(0);
    const left = lender.kept();
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBe(lender.last().unsent);
    for (const { stage, status } of left) expect([stage, status]).toEqual(["submit", "ok"]);
  } finally {
    await newer.close();
  }
});
