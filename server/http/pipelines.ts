/**
 * Requests of one connection that wait for their answers. Who sends many without waiting has each of them worked on at once, and
 * its answer kept until it is read: a few kilobytes would cost hundreds of megabytes.
 */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import type { App } from "./context.ts";

/** Browsers and HTTP clients send one at a time. */
export const MAX_UNANSWERED = 4;

export function boundPipelines(app: App, onRefused: () => void): void {
  const unanswered = new WeakMap<Socket, Set<ServerResponse>>();
  app.addHook("onRequest", (request, reply, done) => {
    const { socket } = request.raw;
    const waiting = unanswered.get(socket) ?? newLine(socket);
    unanswered.set(socket, waiting);
    if (waiting.size >= MAX_UNANSWERED || socket.destroyed) {
      if (!socket.destroyed) onRefused();
      reply.hijack();
      socket.destroy();
      return;
    }
    const { raw } = reply;
    waiting.add(raw);
    raw.once("close", () => waiting.delete(raw));
    done();
  });
  // Of a line that closed before its answer was ready nobody hears any more.
  app.addHook("onSend", async (request, _reply, payload) => {
    if (!request.raw.socket.destroyed || !(payload instanceof Readable)) return payload;
    payload.destroy();
    return "";
  });
}

/** Node tells only the answer whose turn it is that the line has closed: the others, and the files that they read, would stay for ever. */
function newLine(socket: Socket): Set<ServerResponse> {
  const waiting = new Set<ServerResponse>();
  socket.once("close", () => {
    for (const answer of waiting) {
      if (answer.socket !== null) continue;
      answer.destroy();
      answer.emit("close");
    }
  });
  return waiting;
}
