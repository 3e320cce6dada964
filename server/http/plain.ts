/** Plain HTTP at the port of HTTPS: readers are sent on, and whoever came to do something is told, because what they sent could be read. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { IdlewaveError } from "../../shared/errors.ts";
import { bodyOf } from "./errors.ts";

/** The first byte of TLS: https://www.rfc-editor.org/rfc/rfc8446#section-5.1 */
const HANDSHAKE_RECORD = 22;
/** Whoever says nothing, or not all of a request, is waited for so long, ms. */
const PATIENCE_MS = 20_000;
const HOST = /^[a-z0-9.-]+(:\d{1,5})?$|^\[[0-9a-f:]+\](:\d{1,5})?$/i;

/** `secure`: an HTTPS server. */
export function sendPlainOn(secure: Server): void {
  const [decrypt] = secure.listeners("connection") as ((socket: Socket) => void)[];
  if (!decrypt) throw new Error("a server without a listener of its own");
  const plain = createServer({ maxHeaderSize: 16_384 }, sendOn);
  secure.removeListener("connection", decrypt);
  secure.on("connection", (socket: Socket) => {
    const end = () => socket.destroy();
    socket.setTimeout(PATIENCE_MS, end);
    socket.on("error", end);
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] === HANDSHAKE_RECORD) {
        socket.setTimeout(0, end);
        socket.off("error", end);
        decrypt.call(secure, socket);
      } else {
        plain.emit("connection", socket);
        socket.resume();
      }
    });
  });
}

function sendOn({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
  const host = headers.host ?? "";
  const isReading = (method === "GET" || method === "HEAD") && headers.authorization === undefined;
  response.setHeader("connection", "close");
  if (isReading && HOST.test(host)) {
    response.writeHead(308, { location: `https://${host}${url?.startsWith("/") ? url : "/"}` }).end();
    return;
  }
  const refused = new IdlewaveError("bad-request", { why: "HTTPS is spoken here, and this came by plain HTTP: use https://." });
  response.writeHead(refused.http, { "content-type": "application/json" }).end(JSON.stringify(bodyOf(refused)));
}
