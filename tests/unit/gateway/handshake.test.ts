import { generateKeyPairSync } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
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

  const refusals: [string, (volunteer: Volunteer) => Parameters<Volunteer["hello"]>[0], string][] = [
    ["a signature by another key", () => ({ signer: generateKeyPairSync("ed25519").privateKey }), "bad-signature"],
    ["a signature over another nonce", () => ({ nonce: new Uint8Array(32) }), "bad-signature"],
    ["a signature for another socket", () => ({ socketId: "another" }), "bad-signature"],
    ["another site's origin", () => ({ origin: "https://elsewhere.example" }), "bad-signature"],
    ["an origin that only starts like ours", (volunteer) => ({ origin: `${volunteer.url}.elsewhere.example` }), "bad-signature"],
    ["another wire version", () => ({ wire: WIRE_VERSION + 1 }), "wire-version"],
    ["a software adapter", () => ({ host: { ...HOST, software: true } }), "software-adapter"],
    ["a host without its words", () => ({ host: { vendor: "x" } }), "bad-message"],
    ["a host with unknown fields", () => ({ host: { ...HOST, trust: 1 } }), "bad-message"],
    ["a host with ten thousand features", () => ({ host: { ...HOST, features: Array<string>(3000).fill("f") } }), "bad-message"],
    ["a host with a negative limit", () => ({ host: { ...HOST, limits: { maxBufferSize: -1 } } }), "bad-message"],
  ];
  it.each(refusals)("refuses %s and closes the connection", async (_name, changes, code) => {
    const volunteer = await connect();
    const disconnected = new Promise((resolve) => volunteer.socket.once("disconnect", resolve));
    expect(await volunteer.hello(changes(volunteer))).toMatchObject({ ok: false, code });
    await disconnected;
  });

  it("tells a client of another wire version to reload", async () => {
    const volunteer = await connect();
    const reload = new Promise((resolve) => volunteer.socket.once(SocketEvent.Reload, () => resolve(true)));
    await volunteer.hello({ wire: WIRE_VERSION + 1 });
    expect(await reload).toBe(true);
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

  it("refuses a page of another site even when the origin it signs is ours", async () => {
    const volunteer = await connect(undefined, { origin: "https://elsewhere.example" });
    expect(await volunteer.hello()).toMatchObject({ ok: false, code: "bad-signature" });
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
