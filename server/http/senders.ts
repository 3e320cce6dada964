/** Whoever holds a line without using it: connections are bounded, small bodies keep a pace, and who sends on after the answer is let go. */
import type { Server } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { FastifyReply, FastifyRequest } from "fastify";
import { isLimited, lineOf, plain } from "../access/address.ts";
import type { App } from "./context.ts";
import { Pace } from "./pace.ts";

/** Open connections, volunteers' sockets and requests together. */
export const MAX_CONNECTIONS = 32_768;
/** Of one public line: a school behind one address, each browser with a socket and a few requests. */
export const MAX_PER_LINE = 1_024;
/** Whoever is still sending a body after the answer is let finish, for so long. */
const LINGER_MS = 30_000;
/** These are handed to the routes as they come, which look to their pace themselves. */
const STREAMED = /^(application\/octet-stream|multipart\/form-data)\b/i;

/** `isDirect`: clients connect themselves; behind a proxy its own connections are not to be counted as one client's. */
export function boundConnections(server: Server, isDirect: boolean, onRefused: () => void): void {
  server.maxConnections = MAX_CONNECTIONS;
  server.on("drop", onRefused);
  if (!isDirect) return;
  const open = new Map<string, number>();
  server.on("connection", (socket: Socket) => {
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

/** `newPace`: what a body that is read whole must keep. */
export function hurrySenders(app: App, newPace = () => new Pace()): void {
  app.addHook("preParsing", async (request, _reply, payload) => {
    if (STREAMED.test(request.headers["content-type"] ?? "")) return payload;
    return Readable.from(newPace().of<Uint8Array>(payload, (part) => part.byteLength));
  });
  app.addHook("onSend", async (request, reply) => letGo(request, reply));
}

/** The answer is on its way while the body still comes: the line ends with it, so that nobody holds one by sending slowly. */
export function letGo({ raw }: FastifyRequest, reply: FastifyReply): void {
  if (raw.complete || reply.hasHeader("connection")) return;
  // Closed at once, the answer would be lost with the connection.
  raw.unpipe();
  raw.resume();
  void reply.header("connection", "close");
  const linger = setTimeout(() => raw.destroy(), LINGER_MS);
  raw.once("close", () => clearTimeout(linger));
}
