import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { certificateMessage, forgetMessage, revocationMessage } from "../../../shared/account/certificate.ts";
import { accountKey } from "../../../shared/account/key.ts";
import { wishMessage } from "../../../shared/account/remote-wish.ts";
import { wordsOf } from "../../../shared/account/words.ts";
import { fromHex, toHex } from "../../../shared/bytes.ts";
import { unitSeed } from "../../../shared/expand.ts";
import type { JobId, UnitIndex } from "../../../shared/ids.ts";
import { authMessage } from "../../../shared/protocol.ts";
import { frame } from "../../../shared/result.ts";
import { linkBytes, MAX_UNSIGNED_RESULTS, SIGN_RESULTS, statementMessage } from "../../../shared/statement.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/codec.ts";
import type { Frame } from "../../../shared/wire.ts";

const page = readFileSync(new URL("../../../docs/protocol.md", import.meta.url), "utf8");
const vectors = new Map([...page.matchAll(/```hex ([a-z-]+)\n([0-9a-f]+)\n```/g)].map((match) => [match[1], match[2]]));
const vector = (name: string) => fromHex(vectors.get(name) ?? "not in the page");

const token = fromHex("aabbcc");
const counting = (from: number) => new Uint8Array(32).map((_, i) => from + i);
const unit = (index: number) => index as UnitIndex;
const FRAMES: Frame[] = [
  { type: "claim", units: 64, gpuMillis: 30000, job: 0 },
  {
    type: "assignment",
    job: 7 as JobId,
    lifeMs: 60000,
    token,
    runs: [
      { start: unit(5), length: 2 },
      { start: unit(9), length: 1 },
    ],
    rows: fromHex("01020304"),
  },
  {
    type: "submit",
    token,
    results: [
      { unit: unit(5), status: "ok", gpuMicros: 1500, digest: counting(0), bytes: fromHex("dead") },
      { unit: unit(6), status: "failed", gpuMicros: 0, digest: new Uint8Array(32), bytes: new Uint8Array(0) },
      { unit: unit(9), status: "device-lost", gpuMicros: 0, digest: new Uint8Array(32), bytes: new Uint8Array(0) },
    ],
  },
  { type: "answer", verdicts: ["recorded", "wanted"] },
  { type: "bytes", token, unit: unit(5), bytes: fromHex("dead") },
  { type: "idle", reason: "all-assigned", retryMs: 5000 },
  { type: "renew", token },
  { type: "release", token, units: [unit(6)] },
  {
    type: "sign",
    hash: fromHex("d59332b21a6d2b0362652ca1f5f62fb03386728e0aef943172fd2ee942c83c0c"),
    signature: fromHex(
      "08c98eb689e4a6bbed4e6e1e5f1256cec9e3bb33961678da54c40958c20587a9bd0b74881a0506f27e72fbe5f33afd6979e2aa17498d96da560f70fff6b2af04",
    ),
  },
  { type: "done" },
  { type: "error", code: "bad-token", retryMs: 0, message: "no" },
];

function keyPair(): { key: KeyObject; publicKey: Uint8Array } {
  const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), counting(0)]);
  const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
  return { key, publicKey: createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32) };
}

describe("docs/protocol.md", () => {
  it.each(FRAMES)("shows the bytes of a $type frame", (value) => {
    expect(toHex(encodeFrame(value))).toBe(vectors.get(value.type));
    expect(decodeFrame(vector(value.type))).toEqual(value);
  });

  it("shows the handshake's text and signature", () => {
    const { key, publicKey } = keyPair();
    expect(toHex(publicKey)).toBe(vectors.get("public-key"));
    const text = authMessage("https://idlewave.example", "abc123", counting(0x20), publicKey);
    expect(toHex(text)).toBe(vectors.get("signed-text"));
    expect(toHex(sign(null, text, key))).toBe(vectors.get("signature"));
  });

  it("shows what is hashed of a submit, and what is signed of that", () => {
    const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
    const [submit, signed] = [decodeFrame(vector("submit")), decodeFrame(vector("sign"))];
    if (submit.type !== "submit" || signed.type !== "sign") throw new Error("the page has other frames");
    expect(toHex(sha256(vector("signed-text")))).toBe(vectors.get("start"));
    const hashed = linkBytes(vector("start"), 7, submit.results);
    expect(toHex(hashed)).toBe(vectors.get("hashed"));
    expect(toHex(sha256(hashed))).toBe(vectors.get("running-hash"));
    expect(toHex(signed.hash)).toBe(vectors.get("running-hash"));
    const text = statementMessage(signed.hash);
    expect(toHex(text)).toBe(vectors.get("signed-hash"));
    expect(toHex(sign(null, text, keyPair().key))).toBe(toHex(signed.signature));
    for (const figure of [SIGN_RESULTS, MAX_UNSIGNED_RESULTS]) expect(page).toContain(figure.toLocaleString("en"));
  });

  it("shows an account's key, its words, and what it signs of a device", () => {
    const seed = counting(0x20);
    const { publicKey, sign: signed } = accountKey(seed);
    expect(toHex(publicKey)).toBe(vectors.get("account-key"));
    expect(page).toContain(`\`${wordsOf(seed).join(" ")}\``);
    const parts = { account: publicKey, device: vector("public-key"), created: 1_700_000_000 };
    const texts = {
      certificate: certificateMessage({ ...parts, name: "laptop" }),
      revocation: revocationMessage(parts),
      forget: forgetMessage(publicKey, parts.device, vector("start")),
    };
    for (const [name, text] of Object.entries(texts)) {
      expect(toHex(text)).toBe(vectors.get(`${name}-text`));
      expect(toHex(signed(text))).toBe(vectors.get(`${name}-signature`));
    }
  });

  it("shows what a device signs that wishes something of itself or another", () => {
    const { key, publicKey } = keyPair();
    const parties = { account: vector("account-key"), device: publicKey, by: publicKey };
    const text = wishMessage(parties, { turn: 1, paused: true, share: 25 });
    expect(toHex(text)).toBe(vectors.get("wish-text"));
    expect(toHex(sign(null, text, key))).toBe(vectors.get("wish-signature"));
  });

  it("shows result bytes, their digest and a unit's seed", () => {
    const bytes = frame([fromHex("01020304"), fromHex("05")]);
    expect(toHex(bytes)).toBe(vectors.get("result-bytes"));
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(vectors.get("digest"));
    expect(page).toContain(String(unitSeed(1234567n, 0)));
  });

  it("shows Socket.IO packets as the parser writes them", () => {
    const require = createRequire(import.meta.url);
    const { Encoder } = require("socket.io-msgpack-parser") as { Encoder: new () => { encode(packet: object): Uint8Array[] } };
    const encoder = new Encoder();
    const done = Buffer.from(encodeFrame({ type: "done" }));
    const bytes = (packet: object) => toHex(encoder.encode(packet)[0] ?? new Uint8Array(0));
    expect(bytes({ type: 0, nsp: "/" })).toBe(vectors.get("connect"));
    expect(bytes({ type: 2, nsp: "/", id: 0, data: ["frame", done] })).toBe(vectors.get("event"));
    expect(bytes({ type: 3, nsp: "/", id: 0, data: [done] })).toBe(vectors.get("acknowledgement"));
  });
});
