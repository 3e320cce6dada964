/** Plain HTTP at the port of HTTPS: readers are sent on, and whoever came to do something is told, because what they sent could be read. */
import { X509Certificate } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { isIP, type Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import { IdlewaveError } from "../../shared/errors.ts";
import { PASS_HEADER } from "../../shared/pool.ts";
import { RESULT_TOKEN_HEADER } from "../../shared/result.ts";
import { bodyOf } from "./errors.ts";
import { MAX_HEADER_BYTES } from "./unread.ts";

/** The first byte of TLS: https://www.rfc-editor.org/rfc/rfc8446#section-5.1 */
const HANDSHAKE_RECORD = 22;
/** A line that speaks no TLS is closed after so long, ms, however much came of its request. */
const PATIENCE_MS = 20_000;
const HOST = /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/i;

/** `app`: one of HTTPS. `certificate`: its own at present, PEM. */
export function sendPlainOn(
  app: Pick<FastifyInstance, "server" | "addHook">,
  publicUrl: string,
  certificate: () => string,
  patienceMs = PATIENCE_MS,
): void {
  const secure: Server = app.server;
  const [decrypt] = secure.listeners("connection") as ((socket: Socket) => void)[];
  if (!decrypt) throw new Error("a server without a listener of its own");
  const isOurs = (host: string) =>
    (publicUrl !== "" && new URL(publicUrl).host === host) || isNamed(new X509Certificate(certificate()), host);
  // It never listens: Node neither times its requests nor closes its lines.
  const plain = createServer({ maxHeaderSize: MAX_HEADER_BYTES }, (request, response) => sendOn(request, response, isOurs));
  const lines = new Set<Socket>();
  let isClosing = false;
  secure.removeListener("connection", decrypt);
  secure.on("connection", (socket: Socket) => {
    const end = () => socket.destroy();
    if (isClosing) {
      end();
      return;
    }
    lines.add(socket);
    const deadline = setTimeout(end, patienceMs);
    socket.on("error", end);
    socket.once("close", () => {
      clearTimeout(deadline);
      lines.delete(socket);
    });
    socket.once("data", (first: Buffer) => {
      socket.pause();
      socket.unshift(first);
      if (first[0] === HANDSHAKE_RECORD) {
        clearTimeout(deadline);
        socket.off("error", end);
        decrypt.call(secure, socket);
      } else {
        plain.emit("connection", socket);
        socket.resume();
      }
    });
  });
  // Node closes those that speak HTTPS by itself, and knows neither these nor those that have agreed on no cipher yet.
  app.addHook("preClose", async () => {
    isClosing = true;
    for (const socket of lines) socket.destroy();
  });
}

function sendOn({ method, url, headers }: IncomingMessage, response: ServerResponse, isOurs: (host: string) => boolean): void {
  const host = headers.host?.toLowerCase() ?? "";
  const shows = [headers.authorization, headers[PASS_HEADER], headers[RESULT_TOKEN_HEADER]].some((header) => header !== undefined);
  const sends = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) !== 0;
  const isReading = (method === "GET" || method === "HEAD") && !shows && !sends;
  response.setHeader("connection", "close");
  response.setHeader("cache-control", "no-store");
  if (isReading && HOST.test(host) && isOurs(host)) {
    response.writeHead(307, { location: `https://${host}${url?.startsWith("/") ? url : "/"}` }).end();
    return;
  }
  const refused = new IdlewaveError("bad-request", { why: "HTTPS is spoken here, and this came by plain HTTP: use https://." });
  response.writeHead(refused.http, { "content-type": "application/json" }).end(JSON.stringify(bodyOf(refused)));
}

/** `host`: with its port, or without one. */
function isNamed(certificate: X509Certificate, host: string): boolean {
  const name = (HOST.exec(host)?.[1] ?? "").replace(/^\[|\]$/g, "");
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}
