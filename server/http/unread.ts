/** Answers what Node's parser refused before it was a request. */
import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { IdlewaveError } from "../../shared/errors.ts";
import { MAX_TOKEN_BYTES } from "../../shared/wire.ts";
import { bodyOf } from "./errors.ts";

/** An assignment's token travels in a header, in base64; all others together fit into what Node allows by itself. */
export const MAX_HEADER_BYTES = Math.ceil((MAX_TOKEN_BYTES * 4) / 3) + 16 * 1024;
/** Whoever still sends is let read the answer for so long: closed at once, what is on its way takes the answer along. */
const LINGER_MS = 5_000;

export function unreadError(error: Error & { code?: string }): IdlewaveError {
  if (error.code === "HPE_HEADER_OVERFLOW") return new IdlewaveError("headers-too-large", { limit: MAX_HEADER_BYTES });
  if (error.code === "ERR_HTTP_REQUEST_TIMEOUT") return new IdlewaveError("bad-request", { why: "The request came too slowly." });
  return new IdlewaveError("bad-request", { why: "This is no HTTP request." });
}

/** The parser fails again on each further part of the same request: it is answered once, when this is true. */
export function sendUnread(refused: IdlewaveError, socket: Socket): boolean {
  if (socket.writableEnded) return false;
  if (!socket.writable) {
    socket.destroy();
    return false;
  }
  const body = JSON.stringify(bodyOf(refused));
  const head = `HTTP/1.1 ${refused.http} ${STATUS_CODES[refused.http]}\r\ncontent-type: application/json\r\n`;
  socket.end(`${head}content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once("close", () => clearTimeout(linger));
  return true;
}
