import fc from "fast-check";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { answer, type Desk, type Peer } from "../../../server/gateway/answer.ts";
import { TOO_FAST_RATE } from "../../../server/gateway/limits.ts";
import { ClaimPace, IdleAnswers } from "../../../server/gateway/pace.ts";
import { checkMsgpack, msgpackParser } from "../../../server/gateway/parser.ts";
import { toHex } from "../../../shared/bytes.ts";
import { type JobId, type UnitIndex, unitsOf } from "../../../shared/ids.ts";
import { SocketEvent } from "../../../shared/protocol.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/codec.ts";
import { type Frame, MAX_FRAME_BYTES, WIRE_VERSION } from "../../../shared/wire.ts";
import { planOf, startNetwork, type TestNetwork } from "./network.ts";
import { bytesOf, resultOf, Volunteer } from "./volunteer.ts";

vi.setConfig({ testTimeout: 600_000 }); // a hundred thousand inputs on a busy machine

let network: TestNetwork;
let honest: Volunteer;
let own: JobId;
const sockets: { disconnect(): void }[] = [];

beforeAll(async () => {
  network = await startNetwork();
  await network.addJob(planOf(1_000_000));
  // Whatever the others make of their units: each of these is final at once.
  own = await network.addJob(planOf(1_000_000), { quorum: 1, priority: -1 });
  honest = await new Volunteer(network.url).join();
});
afterAll(async () => {
  honest.leave();
  for (const socket of sockets) socket.disconnect();
  await network.close();
});

async function join(): Promise<Volunteer> {
  const volunteer = await new Volunteer(network.url).join();
  sockets.push(volunteer.socket);
  return volunteer;
}

/** Others are still served, and nothing failed that is ours. */
async function expectServing(): Promise<void> {
  const { token, runs } = await honest.claim(8, own);
  const results = [...unitsOf(runs)].map((unit) => resultOf(unit, bytesOf(unit)));
  expect(await honest.send({ type: "submit", token, results })).toMatchObject({ type: "answer" });
  await honest.sign();
  expect(network.failures).toEqual([]);
}

/** Valid frames of every type, to be damaged. */
async function validFrames(volunteer: Volunteer): Promise<Uint8Array[]> {
  const { token, runs } = await volunteer.claim(8);
  const unit = runs[0]?.start as UnitIndex;
  const frames: Frame[] = [
    { type: "claim", units: 8, gpuMillis: 1000, job: 0 },
    { type: "claim", units: 0xffffffff, gpuMillis: 0xffffffff, job: 0xffffffff },
    { type: "claim", units: 0, gpuMillis: 0, job: 1 },
    { type: "submit", token, results: [...unitsOf(runs)].map((each) => resultOf(each, bytesOf(each))) },
    { type: "submit", token, results: [resultOf(unit, bytesOf(1)), resultOf(unit, bytesOf(2))] },
    { type: "submit", token, results: [] },
    { type: "submit", token, results: [{ ...resultOf(unit, bytesOf(1), false), status: "failed", digest: new Uint8Array(32) }] },
    { type: "bytes", token, unit, bytes: bytesOf(1) },
    { type: "bytes", token, unit: Number.MAX_SAFE_INTEGER as UnitIndex, bytes: bytesOf(1) },
    { type: "renew", token },
    { type: "release", token, units: [unit, unit, Number.MAX_SAFE_INTEGER as UnitIndex] },
    { type: "release", token, units: [] },
    { type: "done" },
    { type: "answer", verdicts: ["recorded"] },
    { type: "idle", reason: "no-jobs", retryMs: 0 },
    { type: "error", code: "internal", retryMs: 0, message: "" },
  ];
  return frames.map((frame) => encodeFrame(frame));
}

const damage = fc.oneof(
  fc.record({ kind: fc.constant("cut" as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({
    kind: fc.constant("flip" as const),
    at: fc.double({ min: 0, max: 0.999, noNaN: true }),
    value: fc.integer({ min: 0, max: 255 }),
  }),
  fc.record({ kind: fc.constant("pad" as const), bytes: fc.uint8Array({ maxLength: 40 }) }),
  fc.record({ kind: fc.constant("none" as const) }),
);

function damaged(frame: Uint8Array, how: Parameters<Parameters<typeof damage.map>[0]>[0]): Uint8Array {
  if (how.kind === "cut") return frame.slice(0, Math.floor(frame.byteLength * how.at));
  if (how.kind === "pad") return Uint8Array.of(...frame, ...how.bytes);
  const copy = frame.slice();
  if (how.kind === "flip" && copy.byteLength > 0) copy[Math.floor(copy.byteLength * how.at)] = how.value;
  return copy;
}

describe("hostile frames", () => {
  it("are each answered by a frame, a hundred thousand of them, and fail nothing of ours", async () => {
    const volunteer = await join();
    const frames = await validFrames(volunteer);
    const account = await network.store.knownAccount(toHex(volunteer.publicKey) as Peer["publicKey"]);
    if (!account) throw new Error("the volunteer has an account");
    const { coordinator, blobs, plans, tokens, signing } = network;
    const desk: Desk = {
      coordinator,
      blobs,
      plans,
      tokens,
      signing,
      idles: new IdleAnswers(),
      claims: new ClaimPace(),
      disk: network.disk,
      clock: Date.now,
      onFailure: (error) => network.failures.push(error),
    };
    const peer: Peer = {
      ...{ host: 2 as Peer["host"], account: account.id, cluster: `account:${account.id}`, line: null, isTakenBack: false },
      publicKey: toHex(volunteer.publicKey) as Peer["publicKey"],
      session: signing.begin(new Uint8Array(32)),
    };
    const hostile = fc.array(
      fc.oneof(
        fc.tuple(fc.constantFrom(...frames), damage).map(([frame, how]) => damaged(frame, how)),
        fc.uint8Array({ maxLength: 200 }),
        fc
          .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 100 }))
          .map(([type, body]) => Uint8Array.of(WIRE_VERSION, type, 0, 0, ...body)),
      ),
      { minLength: 500, maxLength: 500 },
    );
    await fc.assert(
      fc.asyncProperty(hostile, async (inputs) => {
        const answers = await Promise.all(inputs.map((input) => answer(desk, peer, input)));
        for (const { frame } of answers) {
          expect(["assignment", "answer", "idle", "done", "error"]).toContain(frame.type);
          if (frame.type === "error") expect(frame.code).not.toBe("internal");
        }
      }),
      { numRuns: 200 },
    );
    await expectServing();
  });

  it("over the socket are answered by errors until the sender is disconnected, while others are served", async () => {
    const volunteer = await join();
    const gone = new Promise<void>((resolve) => volunteer.socket.once("disconnect", () => resolve()));
    let errors = 0;
    for (let i = 0; i < 1000 && volunteer.socket.connected; i++) {
      const reply = await volunteer.sendBytes(Uint8Array.of(1, 3, 0, 0, i & 255)).catch(() => null);
      if (reply?.type === "error") errors++;
    }
    await gone;
    expect(errors).toBeGreaterThan(0);
    await expectServing();
  });

  it("of half a mebibyte are refused, above it the connection is closed", async () => {
    const volunteer = await join();
    expect(await volunteer.sendBytes(new Uint8Array(MAX_FRAME_BYTES + 1))).toMatchObject({ type: "error", code: "too-large" });
    const gone = new Promise<void>((resolve) => volunteer.socket.once("disconnect", () => resolve()));
    volunteer.socket.emit(SocketEvent.Frame, Buffer.alloc(2 * MAX_FRAME_BYTES), () => undefined);
    await gone;
    await expectServing();
  });

  it("in a flood meet a limit", async () => {
    const volunteer = await join();
    const claim = encodeFrame({ type: "claim", units: 1, gpuMillis: 1, job: 0 });
    const answers = await Promise.all(Array.from({ length: 400 }, () => volunteer.sendBytes(claim)));
    const errors = answers.filter((frame) => frame.type === "error");
    expect(errors.length).toBeGreaterThan(0);
    for (const error of errors) expect(error).toMatchObject({ code: "too-fast" });
    await expectServing();
  });
});

describe("a volunteer that does not wait as it is told", () => {
  it("is told so some hundred times, and then closed", async () => {
    const volunteer = await join();
    const gone = new Promise<void>((resolve) => volunteer.socket.once("disconnect", () => resolve()));
    const { burst } = TOO_FAST_RATE;
    const claim = Buffer.from(encodeFrame({ type: "claim", units: 1, gpuMillis: 1, job: 0 }));
    let told = 0;
    const ask = async () => {
      while (volunteer.socket.connected) {
        const answer = await volunteer.socket
          .timeout(5_000)
          .emitWithAck(SocketEvent.Frame, claim)
          .catch(() => null);
        if (answer && decodeFrame(new Uint8Array(answer)).type === "error") told++;
      }
    };
    await Promise.all(Array.from({ length: 32 }, ask));
    await gone;
    expect(told).toBeGreaterThanOrEqual(burst);
    expect(told).toBeLessThan(4 * burst);
    await expectServing();
  });
});

describe("a volunteer that reads nothing", () => {
  it("is cut off before its answers fill the memory, and nobody else is harmed", async () => {
    const volunteer = await join();
    const rowBytes = 512 * 1024;
    // A quarter of a job at most is one volunteer's.
    const count = 160;
    const blob = await network.blobs.put(new Uint8Array(rowBytes * count));
    const columns = [{ name: "x", type: "u64" as const }];
    const rows = await network.addJob(planOf(count, 1, { rows: { columns, rowBytes, count, blob } }), { quorum: 1, priority: 1 });
    const { io: manager } = volunteer.socket as unknown as { io: { engine: { transport: { ws: { _socket: { pause(): void } } } } } };
    manager.engine.transport.ws._socket.pause();
    const claim = Buffer.from(encodeFrame({ type: "claim", units: 1, gpuMillis: 1, job: rows }));
    for (let i = 0; i < count / 4; i++) volunteer.socket.emit(SocketEvent.Frame, claim, () => undefined);
    await expect.poll(() => network.refused.filter((code) => code === "unread").length, { timeout: 60_000 }).toBe(1);
    await expectServing();
  });
});

describe("hostile messages", () => {
  it("whose map sets a prototype close the connection", async () => {
    const volunteer = await join();
    const gone = new Promise<void>((resolve) => volunteer.socket.once("disconnect", () => resolve()));
    volunteer.socket.emit(SocketEvent.Units, JSON.parse('{"__proto__":{"job":1}}'), () => undefined);
    await gone;
    await expectServing();
  });

  const values: [string, unknown][] = [
    ["a number", 1],
    ["text", "frame"],
    ["nothing", null],
    ["an object", { type: "claim" }],
    ["a list", [1, 2, 3]],
  ];
  it.each(values)("with %s for a frame or a question are refused", async (_name, value) => {
    const volunteer = await join();
    expect(await volunteer.ask(SocketEvent.Frame, value)).toBeInstanceOf(Uint8Array);
    expect(await volunteer.ask(SocketEvent.Units, value)).toMatchObject({ ok: false, code: "bad-message" });
    await expectServing();
  });

  it("without an acknowledgement are not answered, and their sender is soon disconnected", async () => {
    const volunteer = await join();
    const gone = new Promise<void>((resolve) => volunteer.socket.once("disconnect", () => resolve()));
    for (let i = 0; i < 40; i++) volunteer.socket.emit(SocketEvent.Frame, Buffer.from("hello"));
    await gone;
    await expectServing();
  });

  it.each(["error", "disconnect", "disconnecting", "newListener", "challenge", "admin", "__proto__", ""])(
    "named %j close their connection alone",
    async (name) => {
      const raw = await rawSocket();
      const gone = new Promise<void>((resolve) => raw.once("disconnect", () => resolve()));
      const { io: manager } = raw as unknown as { io: { engine: { write(data: unknown): void } } };
      for (const packet of new msgpackParser.Encoder().encode({ type: 2, nsp: "/", data: [name, 1], options: {} }))
        manager.engine.write(Buffer.from(packet));
      await gone;
      await expectServing();
    },
  );

  const courses: [string, { type: number; nsp: string; data?: unknown }[]][] = [
    ["connect a second time", [{ type: 0, nsp: "/" }]],
    [
      "disconnect and connect again",
      [
        { type: 1, nsp: "/" },
        { type: 0, nsp: "/" },
      ],
    ],
    ["connect to what is not there", [{ type: 0, nsp: `/${"x".repeat(1000)}` }]],
    [
      "speak after they have disconnected",
      [
        { type: 1, nsp: "/" },
        { type: 2, nsp: "/", data: [SocketEvent.Units, {}] },
      ],
    ],
  ];
  it.each(courses)("that %s close their line, and stop nobody", async (_name, packets) => {
    const raw = await rawSocket();
    const { io: manager } = raw as unknown as {
      io: { engine: { write(data: unknown): void; once(event: string, listener: () => void): void } };
    };
    const gone = new Promise<void>((resolve) => manager.engine.once("close", resolve));
    for (const packet of packets)
      for (const bytes of new msgpackParser.Encoder().encode({ data: undefined, options: {}, ...packet }))
        manager.engine.write(Buffer.from(bytes));
    await gone;
    await expectServing();
  });

  const bombs: [string, number[]][] = [
    ["an array of 2^32 - 1 values", [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ["nested arrays of 2^25 values", [0xdd, 0x02, 0, 0, 0, 0xdd, 0x02, 0, 0, 0, 0xdd, 0x02, 0, 0, 0]],
    ["a map of 2^32 - 1 entries", [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ["an ArrayBuffer of 4 GiB", [0xc9, 0xff, 0xff, 0xff, 0xff, 0]],
    ["binary of 4 GiB", [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ["four hundred thousand nested arrays", Array<number>(400_000).fill(0x91)],
    ["four hundred thousand numbers", [0xdd, 0, 6, 0x1a, 0x80, ...Array<number>(400_000).fill(1)]],
    ["a map whose key is a list", [0x81, 0x90, 1]],
    ["a value of a type that there is not", [0xc1]],
    ["nothing", []],
  ];
  it.each(bombs)("that claim %s are refused before anything is built", async (_name, bytes) => {
    expect(() => checkMsgpack(Uint8Array.from(bytes))).toThrow();
    const raw = await rawSocket();
    const gone = new Promise<void>((resolve) => raw.once("disconnect", () => resolve()));
    const { io: manager } = raw as unknown as { io: { engine: { write(data: unknown): void } } };
    manager.engine.write(bytes.length === 0 ? Buffer.from([0xc1]) : Buffer.from(bytes));
    await gone;
    await expectServing();
  });

  it("of random bytes never get past the guard into the decoder's own errors", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        let passes = true;
        try {
          checkMsgpack(bytes);
        } catch {
          passes = false;
        }
        if (!passes) return;
        const decoder = new msgpackParser.Decoder();
        // What passes decodes; only the packet's own shape may still be refused.
        try {
          decoder.add(Buffer.from(bytes));
        } catch (error) {
          expect(String(error)).toMatch(/invalid|null|undefined/);
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it("of the honest client pass the guard", () => {
    const encoder = new msgpackParser.Encoder();
    const plain = fc.oneof(fc.string(), fc.integer(), fc.double({ noNaN: true }), fc.boolean(), fc.constant(null));
    const message = fc.tuple(
      fc.constant("frame"),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        plain,
      ),
      fc.array(plain),
    );
    fc.assert(
      fc.property(message, (data) => {
        for (const packet of encoder.encode({ type: 2, nsp: "/", data, id: 3, options: {} })) checkMsgpack(packet);
      }),
    );
  });
});

async function rawSocket(): Promise<Socket> {
  const socket = io(network.url, {
    transports: ["websocket"],
    forceNew: true,
    reconnection: false,
    parser: msgpackParser as unknown as object,
  } as Parameters<typeof io>[1]);
  sockets.push(socket);
  await new Promise((resolve) => socket.once(SocketEvent.Challenge, resolve));
  return socket;
}
