/** A coordinator that speaks HTTPS itself: on the same port as ever, and to whoever comes by plain HTTP. */
import { generateKeyPairSync, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect as connectTls } from "node:tls";
import { io } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lanAddress, namesOf } from "../../../server/access/machine.ts";
import { ConfigError, DEFAULT_CONFIG } from "../../../server/config.ts";
import { startCoordinator } from "../../../server/main.ts";
import { makeAuthority, makeCertificate } from "../../../server/tls/certificate.ts";
import { PLAN_VERSION } from "../../../shared/plan.ts";
import { readJoinLink } from "../../../shared/pool.ts";
import { authMessage, type Challenge, type HelloReply, SocketEvent } from "../../../shared/protocol.ts";
import { WIRE_VERSION } from "../../../shared/wire.ts";
import { HOST } from "../gateway/volunteer.ts";
import { type SecureServer, startSecure } from "./secure.ts";

let server: SecureServer;
let port: number;
beforeAll(async () => {
  server = await startSecure({ host: "0.0.0.0" });
  port = Number(new URL(server.url).port);
});
afterAll(() => server.close());

/** All that is answered to `sent` until the line is closed. */
function said(sent: string, socket = connectPlain(port, "127.0.0.1")): Promise<string> {
  socket.write(sent);
  return text(socket);
}

describe("a coordinator with a certificate of its own", () => {
  it("answers under https, without the header that would make a lost certificate final", async () => {
    expect(server.url).toBe(`https://127.0.0.1:${port}`);
    const { status, headers } = await server.ask("/readyz");
    expect(status).toBe(200);
    expect(headers["strict-transport-security"]).toBeUndefined();
  });

  it("is believed by nobody who does not trust it", async () => {
    await expect(fetch(`${server.url}/readyz`)).rejects.toMatchObject({ cause: { code: "SELF_SIGNED_CERT_IN_CHAIN" } });
  });

  it("sends readers of plain HTTP on, and tells who came to do something", async () => {
    for (const host of [`127.0.0.1:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
      const read = await said(`GET /join?x HTTP/1.1\r\nhost: ${host}\r\n\r\n`);
      expect(read).toMatch(/^HTTP\/1\.1 307 .*cache-control: no-store\r\n/s);
      expect(read).toContain(`location: https://${host.toLowerCase()}/join?x\r\n`);
    }
    for (const request of [
      "GET /join?x HTTP/1.1\r\nhost: elsewhere.example",
      `GET /join?x HTTP/1.1\r\nhost: 8.8.8.8:${port}`,
      "POST /api/pools HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0",
      "GET /api/pools HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer x",
      "GET /api/jobs HTTP/1.1\r\nhost: localhost\r\nidlewave-pass: x",
      "GET /api/jobs HTTP/1.1\r\nhost: localhost\r\nidlewave-token: x",
      "GET /api/jobs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1",
      "GET /api/jobs HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked",
    ])
      expect(await said(`${request}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 400 .*HTTPS is spoken here/s);
    expect(await said("GET / HTTP/1.1\r\nhost: a b\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  });

  it("ignores a wish for another protocol under https too", async () => {
    const socket = connectTls({ port, host: "127.0.0.1", ca: server.ca });
    const wish = "GET /healthz HTTP/1.1\r\nhost: h\r\nconnection: Upgrade, close\r\nupgrade: h2c\r\n\r\n";
    socket.write(wish);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK.*{"ok":true}$/s);
  });

  it("makes links for others on its own machine, with what a machine without a browser is to trust", async () => {
    const { link } = await server.json<{ link: string }>("/api/pools", { method: "POST", body: { name: "Lab" } });
    const read = readJoinLink(link);
    expect(read).toMatchObject({ origin: lanAddress() === undefined ? server.url : server.network });
    expect("pin" in read && Buffer.from(read.pin ?? "", "base64url").toString("hex")).toBe(server.authority?.fingerprint);
  });

  it.each(["127.0.0.1", ...(lanAddress() === undefined ? [] : [lanAddress() as string])])(
    "lets volunteers in by wss at %s",
    async (address) => {
      const origin = `https://${address}:${port}`;
      const keys = generateKeyPairSync("ed25519");
      const publicKey = keys.publicKey.export({ format: "der", type: "spki" }).subarray(-32);
      const socket = io(origin, { transports: ["websocket"], parser, forceNew: true, ca: server.ca });
      try {
        const { nonce } = await new Promise<Challenge>((resolve, reject) => {
          socket.once(SocketEvent.Challenge, resolve);
          socket.once("connect_error", reject);
        });
        const signature = sign(null, authMessage(origin, socket.id ?? "", nonce, publicKey), keys.privateKey);
        const hello = { wire: WIRE_VERSION, plan: PLAN_VERSION, origin, publicKey, host: HOST, signature };
        const reply = (await socket.timeout(20_000).emitWithAck(SocketEvent.Hello, hello)) as HelloReply;
        expect(reply).toMatchObject({ ok: true });
      } finally {
        socket.disconnect();
      }
    },
  );
});

describe("a certificate that the operator gives", () => {
  const names = namesOf(["idlewave.example"]);
  const authority = makeAuthority(names, Date.now());
  const files = async (folder: string, given: { certificate: string; key: string }) => {
    const [tlsCert, tlsKey] = [join(folder, "given.pem"), join(folder, "given-key.pem")];
    await writeFile(tlsCert, given.certificate);
    await writeFile(tlsKey, given.key);
    return { tls: false, tlsCert, tlsKey };
  };

  it("is used as it is, and with a public name the browser is told to insist on it", async () => {
    const given = await files(server.folder, makeCertificate(authority, names, Date.now()));
    const other = await startSecure({ ...given, publicUrl: "https://idlewave.example" }, authority.certificate);
    try {
      expect(other.authority).toBeUndefined();
      const { headers } = await other.ask("/readyz");
      expect(headers["strict-transport-security"]).toContain("max-age=");
    } finally {
      await other.close();
    }
  });

  it.each([
    ["expired", () => makeCertificate(authority, names, Date.now() - 200 * 24 * 3_600_000), /expired on/],
    ["whose key is another's", () => ({ ...makeCertificate(authority, names, Date.now()), key: authority.key }), /no good/],
    ["that is none", () => ({ certificate: "none", key: "none" }), /no good/],
  ])("%s ends the start by its name", async (_what, make, why) => {
    const given = await files(server.folder, make());
    const config = { ...DEFAULT_CONFIG, logLevel: "silent" as const, port: 0, data: server.folder, ...given };
    const thrown: unknown = await startCoordinator(config).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(ConfigError);
    expect((thrown as ConfigError).message).toMatch(why);
  });
});
