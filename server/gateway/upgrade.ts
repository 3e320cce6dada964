/**
 * A server may ignore that a client would rather speak another protocol: https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 * Node lets go of every such request as soon as anybody listens for one of them, body unread. So whatever is not
 * asked at `path` is put back onto its line without that wish, and the line is given to the server once more.
 */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";

export function ignoreOtherUpgrades(http: HttpServer, path: string): void {
  http.on("upgrade", (request: IncomingMessage, line: Socket, rest: Buffer) => {
    if (request.url?.startsWith(path)) return;
    afterAnswers(line, () => {
      line.unshift(rest);
      line.unshift(headOf(request));
      http.emit("connection", line);
    });
  });
}

/**
 * Calls `then` when the requests before it on this line, if it did not wait for their answers, have been answered; never when the
 * line has closed. Node has no other sign of that than its own field.
 */
function afterAnswers(line: Socket, then: () => void): void {
  const { _httpMessage: answer } = line as Socket & { _httpMessage?: ServerResponse | null };
  if (!answer) {
    if (!line.destroyed) then();
    return;
  }
  // Node listens no more, and a line that breaks would end the process.
  line.on("error", ignore);
  answer.once("close", () => {
    // Of a line that breaks this may come before its error.
    if (!line.destroyed) line.off("error", ignore);
    afterAnswers(line, then);
  });
}

function ignore(): void {}

/** The request's head byte by byte, which Node reads as Latin-1, without its wish for another protocol. */
function headOf({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const [name, value] = [rawHeaders[i] ?? "", rawHeaders[i + 1] ?? ""];
    if (name.toLowerCase() !== "upgrade") lines.push(`${name}: ${value}`);
  }
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
}
