/** Whoever holds a line without using it: connections are bounded, small bodies keep a pace, and who is answered while still sending is heard out only so far. */
import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { isLimited, lineOf, plain } from "../access/address.ts";
import type { App } from "./context.ts";
import { Pace } from "./pace.ts";

/** Open connections, volunteers' sockets and requests together. */
export const MAX_CONNECTIONS = 32_768;
/** Of one public line: a school behind one address, each browser with a socket and a few requests. */
export const MAX_PER_LINE = 1_024;
/** Of a body that is answered before it is whole so much more is read, and for so long: far more than any refusal of an honest sender needs. */
const HEARD_OUT = { bytes: 16 * 1024 * 1024, ms: 5_000 };
/** These are handed to the routes as they come, which look to their pace themselves. */
const STREAMED = /^(application\/octet-stream|multipart\/form-data)\b/i;

/** `isDirect`: clients connect themselves; behind a proxy its own connections are not to be counted as one client's. */
export function boundConnections(server: Server, isDirect: boolean, onRefused: () => void): void {
  server.maxConnections = MAX_CONNECTIONS;
  server.on("drop", onRefused);
  if (!isDirect) return;
  const open = new Map<string, number>();
  const counted = new WeakSet<Socket>();
  server.on("connection", (socket: Socket) => {
    // One whose wish for another protocol was ignored comes a second time (gateway/upgrade.ts).
    if (counted.has(socket)) return;
    counted.add(socket);
    const address = plain(socket.remoteAddress ?? "");
    if (!isLimited(address)) return;
    const line = lineOf(address);
    const count = (open.get(line) ?? 0) + 1;
    if (count > MAX_PER_LINE) {
      onRefused();
      socket.destroy();
      return;
    }
    open.set(line, count);
    socket.once("close", () => {
      const left = (open.get(line) ?? 1) - 1;
      if (left > 0) open.set(line, left);
      else open.delete(line);
    });
  });
}

/** `newPace`: what a body that is read whole must keep. `heardOut`: how much of a body is read on once its answer is ready, ms and bytes. */
export function hurrySenders(app: App, newPace = () => new Pace(), heardOut = HEARD_OUT): void {
  app.addHook("preParsing", async (request, _reply, payload) => {
    if (STREAMED.test(request.headers["content-type"] ?? "")) return payload;
    const paced = Readable.from(newPace().of<Uint8Array>(payload, (part) => part.byteLength));
    // Fastify stops listening to a body that is too large, which may still break off.
    return paced.on("error", () => undefined);
  });
  app.addHook("onSend", async ({ raw }, reply) => {
    if (Number(raw.headers["content-length"]) > heardOut.bytes) return cutAfter(raw, heardOut.ms);
    await hearOut(raw, heardOut);
    // Nobody holds the line by sending slowly.
    if (!raw.complete) void reply.header("connection", "close");
  });
}

/** A body that is too long to be heard out is answered at once: Node drops what still comes of it, until the line is cut off. */
function cutAfter(raw: IncomingMessage, ms: number): void {
  if (raw.complete || raw.destroyed) return;
  const cut = setTimeout(() => raw.socket.destroy(), ms);
  for (const event of ["end", "close"]) raw.once(event, () => clearTimeout(cut));
}

/**
 * Reads and drops what still comes of a body. The answer is sent after it: Node destroys a line with its last answer, and what
 * reaches a destroyed line resets it, so that the answer is lost to whoever has not read it yet.
 */
async function hearOut(raw: IncomingMessage, { bytes, ms }: typeof HEARD_OUT): Promise<void> {
  if (raw.complete || raw.destroyed) return;
  await new Promise<void>((resolve) => {
    let left = bytes;
    const timer = setTimeout(resolve, ms);
    raw.unpipe();
    // An iterator that was given up still waits for this, and while anyone does nothing flows.
    raw.removeAllListeners("readable");
    raw.on("data", (part: Uint8Array) => {
      left -= part.byteLength;
      if (left < 0) resolve();
    });
    raw.once("close", () => {
      clearTimeout(timer);
      resolve();
    });
    raw.once("end", resolve);
  });
}
