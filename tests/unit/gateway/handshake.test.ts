import { generateKeyPairSync } from "node:crypto";
import type { Socket } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isOwnOrigin } from "../../../server/gateway/handshake.ts";
import { PLAN_VERSION } from "../../../shared/plan.ts";
import { NONCE_LIFE_MS, SocketEvent } from "../../../shared/protocol.ts";
import { WIRE_VERSION } from "../../../shared/wire.ts";
import { startNetwork, type TestNetwork } from "./network.ts";
import { HOST, Volunteer } from "./volunteer.ts";

let now = Date.now();
let network: TestNetwork;
const volunteers: Volunteer[] = [];

beforeAll(async () => {
  network = await startNetwork({ publicUrl: "https://idlewave.example", clock: () => now });
});
afterAll(async () => {
  for (const volunteer of volunteers) volunteer.leave();
  await network.close();
});

async function connect(keys = generateKeyPairSync("ed25519"), headers: Record<string, string> = {}): Promise<Volunteer> {
  const volunteer = await new Volunteer(network.url, keys, headers).connected();
  volunteers.push(volunteer);
  return volunteer;
}

describe("the handshake", () => {
  it("lets in whoever signs the challenge of this connection, with an account that starts at nothing", async () => {
    const volunteer = await connect();
    expect(await volunteer.hello()).toEqual({
      ok: true,
      account: { credit: { escrow: 0, final: 0 }, units: { submitted: 0, final: 0, refused: 0 }, gpuMicros: 0, changes: [] },
    });
  });

  it("takes the public origin of the configuration too", async () => {
    const volunteer = await connect();
    expect(await volunteer.hello({ origin: "https://idlewave.example" })).toMatchObject({ ok: true });
  });

  it("gives the same key the same account, another key another", async () => {
    const keys = generateKeyPairSync("ed25519");
    const before = (await network.store.accounts(1000)).length;
    await (await connect(keys)).join();
    await (await connect(keys)).join();
    expect((await network.store.accounts(1000)).length).toBe(before + 1);
    await (await connect()).join();
    expect((await network.store.accounts(1000)).length).toBe(before + 2);
  });

  it("refuses a hello that another coordinator passes on under its own name", async () => {
    const evil = "https://evil.example";
    const passed = await connect(undefined, { host: "evil.example", origin: evil });
    expect(await passed.hello({ origin: evil })).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("takes loopback names from this machine, not through a proxy", async () => {
    const proxied = await connect(undefined, { "x-forwarded-for": "203.0.113.5" });
    expect(await proxied.hello()).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("without a public origin takes loopback names and the address connected to, whatever the Host header says", () => {
    const socket = { localAddress: "::ffff:192.168.1.5", localPort: 8080, remoteAddress: "192.168.1.9" } as Socket;
    const at = { headers: { host: "evil.example" }, socket };
    for (const own of ["http://localhost:5173", "http://127.0.0.1:8080", "http://[::1]:8080", "http://192.168.1.5:8080"])
      expect(isOwnOrigin(own, "", at)).toBe(true);
    for (const other of [
      "http://evil.example",
      "https://evil.example",
      "http://localhost.evil.example",
      "http://192.168.1.5:80",
      "http://192.168.1.9:8080",
    ])
      expect(isOwnOrigin(other, "", at)).toBe(false);
  });

  it("takes that address with the scheme that was spoken", () => {
    const socket = { localAddress: "192.168.1.5", localPort: 443, remoteAddress: "192.168.1.9", encrypted: true } as unknown as Socket;
    const at = { headers: {}, socket };
    expect(isOwnOrigin("https://192.168.1.5", "", at)).toBe(true);
    expect(isOwnOrigin("http://192.168.1.5:443", "", at)).toBe(false);
  });

  it("refuses keys that nobody owns: points of low order, with the signature that holds under them, and other forms of a point", async () => {
    const identity = Buffer.from(`01${"00".repeat(31)}`, "hex");
    const order2 = Buffer.from(`ec${"ff".repeat(30)}7f`, "hex");
    const unreduced = Buffer.from(`ee${"ff".repeat(30)}7f`, "hex"); // y = p + 1, the identity again
    for (const publicKey of [identity, order2, unreduced, Buffer.alloc(32)]) {
      const volunteer = await connect();
      const signature = Buffer.concat([identity, Buffer.alloc(32)]); // R = identity, S = 0
      const hello = { ...volunteer.helloMessage(), publicKey, signature };
      const reply = await volunteer.ask(SocketEvent.Hello, hello);
      expect(reply).toMatchObject({ ok: false, code: "bad-signature", message: expect.stringContaining("belongs to nobody") });
    }
  });

  const refusals: [string, (volunteer: Volunteer) => Parameters<Volunteer["hello"]>[0], string][] = [
    ["a signature by another key", () => ({ signer: generateKeyPairSync("ed25519").privateKey }), "bad-signature"],
    ["a signature over another nonce", () => ({ nonce: new Uint8Array(32) }), "bad-signature"],
    ["a signature for another socket", () => ({ socketId: "another" }), "bad-signature"],
    ["another site's origin", () => ({ origin: "https://elsewhere.example" }), "bad-signature"],
    ["an origin that only starts like ours", (volunteer) => ({ origin: `${volunteer.url}.elsewhere.example` }), "bad-message"],
    ["another wire version", () => ({ wire: WIRE_VERSION + 1 }), "wire-version"],
    ["an older plan version", () => ({ plan: PLAN_VERSION - 1 }), "plan-version"],
    ["no plan version", () => ({ plan: undefined }), "plan-version"],
    ["half a plan version", () => ({ plan: PLAN_VERSION + 0.5 }), "plan-version"],
    ["a plan version without end", () => ({ plan: Number.POSITIVE_INFINITY }), "plan-version"],
    ["a speed of nearly nothing", () => ({ host: { ...HOST, gflops: 1e-300 } }), "bad-message"],
    ["a speed that is no power of two", () => ({ host: { ...HOST, gflops: 3 } }), "bad-message"],
    ["a software adapter", () => ({ host: { ...HOST, software: true } }), "software-adapter"],
    ["a host without its words", () => ({ host: { vendor: "x" } }), "bad-message"],
    ["a host with unknown fields", () => ({ host: { ...HOST, trust: 1 } }), "bad-message"],
    ["a host with ten thousand features", () => ({ host: { ...HOST, features: Array<string>(3000).fill("f") } }), "bad-message"],
    ["a limit above 2^53 - 1", () => ({ host: { ...HOST, limits: { maxBufferSize: 2 ** 53 } } }), "bad-message"],
    ["half a limit", () => ({ host: { ...HOST, limits: { maxBufferSize: 0.5 } } }), "bad-message"],
    ["a limit of another name", () => ({ host: { ...HOST, limits: { constructor: 1 } } }), "bad-message"],
    ["a host with a negative limit", () => ({ host: { ...HOST, limits: { maxBufferSize: -1 } } }), "bad-message"],
  ];
  it.each(refusals)("refuses %s and closes the connection", async (_name, changes, code) => {
    const volunteer = await connect();
    const disconnected = new Promise((resolve) => volunteer.socket.once("disconnect", resolve));
    expect(await volunteer.hello(changes(volunteer))).toMatchObject({ ok: false, code });
    await disconnected;
  });

  it.each([
    [{ publicKey: Buffer.alloc(31) }, "hello.publicKey is not 32 bytes"],
    [{ signature: "signed" }, "hello.signature is not 64 bytes"],
    [{ origin: "x".repeat(301) }, "hello.origin must not have more than 300 characters"],
    [{ origin: "http://127.0.0.1\u0000" }, "hello.origin is no origin: scheme, host and port alone"],
    [{ site: "https://blog.example\u0000x" }, "hello.site is no origin: scheme, host and port alone"],
    [{ site: "https://blog.example/" }, "hello.site is no origin: scheme, host and port alone"],
    [{ audit: 7 }, "hello.audit must be string"],
    [{ host: { ...HOST, software: 1 } }, "hello.host.software must be boolean"],
    [{ host: { ...HOST, vendor: "a\nb" } }, "hello.host.vendor has characters that cannot be seen"],
    [{ host: { ...HOST, architecture: "a\u202eb" } }, "hello.host.architecture has characters that cannot be seen"],
    [{ host: { ...HOST, browser: "\u001b[2J" } }, "hello.host.browser has characters that cannot be seen"],
    [{ host: { ...HOST, os: "a\u0000b" } }, "hello.host.os has characters that cannot be seen"],
    [{ host: { ...HOST, features: ["a\u2028b"] } }, "hello.host.features.0 has characters that cannot be seen"],
    [{ host: undefined }, "hello"],
  ])("says which part of a hello is wrong: %j", async (changes, words) => {
    const volunteer = await connect();
    const reply = await volunteer.ask(SocketEvent.Hello, { ...volunteer.helloMessage(), ...changes });
    expect(reply).toMatchObject({ ok: false, code: "bad-message", message: expect.stringContaining(words) });
  });

  it.each([
    ["of another wire version", { wire: WIRE_VERSION + 1 }],
    ["that knows no plan of ours", { plan: undefined }],
  ])("tells a client %s to reload", async (_name, changes) => {
    const volunteer = await connect();
    const reload = new Promise((resolve) => volunteer.socket.once(SocketEvent.Reload, () => resolve(true)));
    await volunteer.hello(changes);
    expect(await reload).toBe(true);
  });

  it("takes a client that knows newer plans than ours", async () => {
    const volunteer = await connect();
    expect(await volunteer.hello({ plan: PLAN_VERSION + 1 })).toMatchObject({ ok: true });
  });

  it("refuses a hello replayed on another connection", async () => {
    const first = await connect();
    const message = first.helloMessage();
    const second = await connect();
    expect(await second.ask(SocketEvent.Hello, message)).toMatchObject({ ok: false, code: "bad-signature" });
    expect(await first.ask(SocketEvent.Hello, message)).toMatchObject({ ok: true });
  });

  it("takes a nonce once", async () => {
    const volunteer = await connect();
    const message = volunteer.helloMessage();
    expect(await volunteer.ask(SocketEvent.Hello, message)).toMatchObject({ ok: true });
    expect(await volunteer.ask(SocketEvent.Hello, message)).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("refuses a nonce that is too old", async () => {
    const volunteer = await connect();
    now += NONCE_LIFE_MS + 1;
    expect(await volunteer.hello()).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("makes no account on a disk that is full, and still knows the old ones", async () => {
    const before = await startNetwork({ clock: () => now });
    const known = await new Volunteer(before.url).join();
    known.leave();
    await before.close(true);
    const full = await startNetwork({ folder: before.folder, minFreeBytes: Number.MAX_SAFE_INTEGER, clock: () => now });
    const returning = await new Volunteer(full.url, known.keys).connected();
    expect(await returning.hello()).toMatchObject({ ok: true });
    const fresh = await new Volunteer(full.url).connected();
    expect(await fresh.hello()).toMatchObject({ ok: false, code: "disk-full" });
    for (const volunteer of [returning, fresh]) volunteer.leave();
    await full.close();
  });

  it("is no place for plain requests, whose refusals are inert", async () => {
    const answer = await fetch(`${network.url}/socket.io/?EIO=4&transport=polling`);
    expect(answer.status).toBe(400);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "x-content-type-options": "nosniff",
      "content-security-policy": "default-src 'none'",
    });
  });

  it("refuses a page of another site even when the origin it signs is ours", async () => {
    const volunteer = await connect(undefined, { origin: "https://elsewhere.example" });
    expect(await volunteer.hello()).toMatchObject({ ok: false, code: "bad-signature" });
  });

  it("tells a wire version that is text that it is no number", async () => {
    const volunteer = await connect();
    const answer = await volunteer.ask(SocketEvent.Hello, { wire: String(WIRE_VERSION) });
    expect(answer).toMatchObject({ ok: false, code: "bad-message", message: expect.stringContaining("wire is no number") });
  });

  it.each([null, 7, "hello", [], { wire: WIRE_VERSION }, { wire: WIRE_VERSION, origin: 3 }])("refuses %j as a hello", async (hello) => {
    const volunteer = await connect();
    expect(await volunteer.ask(SocketEvent.Hello, hello)).toMatchObject({ ok: false });
  });

  it("answers frames and questions before it with not-authenticated", async () => {
    const volunteer = await connect();
    const answer = await volunteer.send({ type: "claim", units: 1, gpuMillis: 1000, job: 0 });
    expect(answer).toMatchObject({ type: "error", code: "not-authenticated" });
    expect(await volunteer.ask(SocketEvent.Units, { job: 1 })).toMatchObject({ ok: false, code: "not-authenticated" });
    expect(await volunteer.ask(SocketEvent.Forget)).toMatchObject({ ok: false, code: "not-authenticated" });
  });
});
