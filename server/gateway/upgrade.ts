/**
 * A server may ignore that a client would rather speak another protocol: https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 * Node lets go of every such request as soon as anybody listens for one of them, body unread. So whatever is not
 * asked at `path` is put back onto its line without that wish, and the line is given to the server once more.
 */
import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Socket } from "node:net";

export function ignoreOtherUpgrades(http: HttpServer, path: string): void {
  http.prependListener("upgrade", (_request: IncomingMessage, line: Socket) => {
    // Node has let go of the line, so an answer that is still under way on it would never end.
    if ((line as Socket & { _httpMessage?: unknown })._httpMessage) line.destroy();
  });
  http.on("upgrade", (request: IncomingMessage, line: Socket, rest: Buffer) => {
    if (line.destroyed || request.url?.startsWith(path)) return;
    line.unshift(rest);
    line.unshift(headOf(request));
    // An HTTPS server reads a line once it is decrypted.
    http.emit("encrypted" in line ? "secureConnection" : "connection", line);
  });
}

/** The request's head byte by byte, which Node reads as Latin-1, without its wish for another protocol. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i] ?? "", rawHeaders[i + 1] ?? ""];
    if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
