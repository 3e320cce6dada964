/** Lines that come by plain HTTP to the port of HTTPS: none outstays its time, or the server. */
import { once } from "node:events";
import type { ServerOptions } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import Fastify from "fastify";
import { afterEach, expect, it } from "vitest";
import { sendPlainOn } from "../../../server/http/plain.ts";
import { MAX_HEADER_BYTES } from "../../../server/http/unread.ts";
import { makeAuthority } from "../../../server/tls/certificate.ts";

const FOR_EVER_MS = 2 ** 31 - 1;
const HALF_A_REQUEST = "GET / HTTP/1.1\r\nhost: h";
/** Its type, its version and a length that nothing follows. */
const HALF_A_HANDSHAKE = Buffer.from([22, 3, 1, 2, 0]);

const { certificate, key } = makeAuthority({ dns: [], ip: [] }, Date.now());
const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function started(patienceMs: number) {
  const https = { cert: certificate, key, maxHeaderSize: MAX_HEADER_BYTES, handshakeTimeout: FOR_EVER_MS };
  const app = Fastify({ forceCloseConnections: true, ...({ https } as unknown as { http: ServerOptions }) });
  sendPlainOn(app, "", () => certificate, patienceMs);
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return {
    app,
    async line(sent: string | Buffer): Promise<Socket> {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      opened.push({ close: () => socket.destroy() });
      const [[reached]] = await Promise.all([once(app.server, "connection"), once(socket, "connect")]);
      if (sent.length > 0) socket.write(sent);
      while ((reached as Socket).bytesRead < sent.length) await new Promise(setImmediate);
      return socket.resume();
    },
  };
}

/** A reset is an end too. */
const closed = (line: Socket) => new Promise((resolve) => line.once("close", resolve));

it("a line is closed in time, however often something comes of it", async () => {
  const { app, line } = await started(300);
  opened.push(app);
  const silent = closed(await line(""));
  const drips = await line(HALF_A_REQUEST);
  const drip = setInterval(() => drips.write("h"), 20);
  opened.push({ close: () => clearInterval(drip) });
  await Promise.all([silent, closed(drips)]);
});

it.each([
  ["says nothing", ""],
  ["has half a request", HALF_A_REQUEST],
  ["has agreed on no cipher", HALF_A_HANDSHAKE],
])("a line that %s does not keep a server that closes", async (_what, sent) => {
  const { app, line } = await started(FOR_EVER_MS);
  const ended = closed(await line(sent));
  await app.close();
  await ended;
});

it("a request with all the headers that HTTPS takes is told what is wrong with it", async () => {
  const { app, line } = await started(FOR_EVER_MS);
  opened.push(app);
  const token = "x".repeat(MAX_HEADER_BYTES - 1_000);
  const told = await text(await line(`POST / HTTP/1.1\r\nhost: h\r\nauthorization: Bearer ${token}\r\ncontent-length: 0\r\n\r\n`));
  expect(told).toMatch(/^HTTP\/1\.1 400 .*HTTPS is spoken here/s);
});
