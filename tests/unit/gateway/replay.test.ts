import { generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { Handshake } from "../../../server/gateway/handshake.ts";
import { PLAN_VERSION } from "../../../shared/plan.ts";
import { authMessage, NONCE_LIFE_MS } from "../../../shared/protocol.ts";
import { rawPublicKey } from "../../../shared/raw-public-key.ts";
import { statementMessage } from "../../../shared/statement.ts";
import { WIRE_VERSION } from "../../../shared/wire.ts";
import { HOST } from "./volunteer.ts";

const ORIGIN = "https://idlewave.example";
const SOCKET = "abc123";
const NOW = 1_700_000_000_000;
const keys = generateKeyPairSync("ed25519");
const publicKey = rawPublicKey(keys.publicKey);

function hello(message: Uint8Array): Record<string, unknown> {
  const signature = sign(null, message, keys.privateKey);
  return { wire: WIRE_VERSION, plan: PLAN_VERSION, origin: ORIGIN, publicKey, signature, host: HOST };
}

function check(handshake: Handshake, message: Uint8Array, { socket = SOCKET, now = NOW } = {}): unknown {
  return handshake.check(hello(message), socket, (origin) => origin === ORIGIN, now);
}

describe("a signature of the handshake", () => {
  it("is good for its nonce, socket, origin and key, until the very end of the nonce's life", () => {
    const handshake = new Handshake(NOW, false);
    const message = authMessage(ORIGIN, SOCKET, handshake.challenge().nonce, publicKey);
    expect(check(handshake, message, { now: NOW + NONCE_LIFE_MS })).toMatchObject({ publicKey: Buffer.from(publicKey).toString("hex") });
  });

  const other = new Uint8Array(32).fill(7);
  it.each<[string, (nonce: Uint8Array) => Uint8Array]>([
    ["of another socket", (nonce) => authMessage(ORIGIN, "abc124", nonce, publicKey)],
    ["for another origin", (nonce) => authMessage("https://evil.example", SOCKET, nonce, publicKey)],
    ["of another nonce", () => authMessage(ORIGIN, SOCKET, other, publicKey)],
    ["that names another key", (nonce) => authMessage(ORIGIN, SOCKET, nonce, other)],
    ["whose bytes are those of other parts", (nonce) => authMessage(`${ORIGIN}${SOCKET}`, "", nonce, publicKey)],
    ["of results", (nonce) => statementMessage(nonce)],
  ])("%s is refused", (_name, message) => {
    const handshake = new Handshake(NOW, false);
    expect(() => check(handshake, message(handshake.challenge().nonce))).toThrow(expect.objectContaining({ code: "bad-signature" }));
  });

  it("is refused the second time, on a nonce that somebody has tried in vain, and when the nonce is too old", () => {
    const used = new Handshake(NOW, false);
    const message = authMessage(ORIGIN, SOCKET, used.challenge().nonce, publicKey);
    check(used, message);
    const spent = { code: "bad-signature", message: expect.stringContaining("used before") };
    expect(() => check(used, message)).toThrow(expect.objectContaining(spent));

    const tried = new Handshake(NOW, false);
    const good = authMessage(ORIGIN, SOCKET, tried.challenge().nonce, publicKey);
    expect(() => check(tried, statementMessage(other))).toThrow(expect.objectContaining({ code: "bad-signature" }));
    expect(() => check(tried, good)).toThrow(expect.objectContaining(spent));

    const old = new Handshake(NOW, false);
    const late = authMessage(ORIGIN, SOCKET, old.challenge().nonce, publicKey);
    expect(() => check(old, late, { now: NOW + NONCE_LIFE_MS + 1 })).toThrow(
      expect.objectContaining({ code: "bad-signature", message: expect.stringContaining("too old") }),
    );
  });

  it("is bound to a nonce that no other connection gets", () => {
    const nonces = Array.from({ length: 64 }, () => Buffer.from(new Handshake(NOW, false).challenge().nonce).toString("hex"));
    expect(new Set(nonces).size).toBe(64);
  });
});
