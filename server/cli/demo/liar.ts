/**
 * A volunteer that lies in every result: the protocol kept to the letter, the bytes made up. Alone it draws them by lot, and
 * whoever computes the unit too contradicts it; with accomplices it tells of each unit what they tell, so that a quorum of them
 * agrees.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { sentBytes, toHex } from "../../../shared/bytes.ts";
import { countUnits, unitsOf } from "../../../shared/ids.ts";
import type { Hello } from "../../../shared/messages.ts";
import { type JobPlan, PLAN_VERSION, parsePlan, resultBytes } from "../../../shared/plan.ts";
import { authMessage, type Challenge, type HelloReply, SocketEvent } from "../../../shared/protocol.ts";
import { rawPublicKey } from "../../../shared/raw-public-key.ts";
import { frame as frameOutputs } from "../../../shared/result.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/codec.ts";
import {
  type AssignmentFrame,
  type Frame,
  INLINE_RESULT_BYTES,
  MAX_SOCKET_RESULT_BYTES,
  type ReplicaResult,
  WIRE_VERSION,
} from "../../../shared/wire.ts";

/** Few units at a time and a pause between: it is here to be caught, not to slow the others. */
const CLAIM_UNITS = 4;
const PAUSE_MS = 1_000;
const ANSWER_TIMEOUT_MS = 15_000;

export interface Liar {
  /** First 12 hexadecimal digits of its key, as the API shows accounts. */
  id: string;
  /** Units it has lied about so far. */
  lies(): number;
  /** Resolves when it has left. Rejects with what made it fail, if anything did. */
  stop(): Promise<void>;
}

/** Makes up so many bytes of an output of a unit. */
export type Lie = (job: number, unit: number, byteLength: number) => Uint8Array<ArrayBuffer>;

export const byLot: Lie = (_job, _unit, byteLength) => new Uint8Array(randomBytes(byteLength));
/** What all who tell this lie say alike. */
export const agreed: Lie = (job, unit, byteLength) =>
  new Uint8Array(Buffer.alloc(byteLength, createHash("sha256").update(`${job} ${unit}`).digest()));

/** Connects, proves its identity and begins; it has enough after `most` units. Rejects when the handshake is refused. */
export async function startLiar(url: string, lie: Lie = byLot, most = Number.POSITIVE_INFINITY): Promise<Liar> {
  const keys = generateKeyPairSync("ed25519");
  const publicKey = rawPublicKey(keys.publicKey);
  const socket = io(url, { transports: ["websocket"], parser, forceNew: true, reconnection: false });
  await greet(socket, url, publicKey, keys.privateKey);
  const abort = new AbortController();
  let lies = 0;
  const work = lieOn(url, socket, { lie, most }, abort.signal, (count) => {
    lies += count;
  });
  // What goes wrong is told by stop(), not by an unhandled rejection.
  const outcome = work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return {
    id: toHex(publicKey).slice(0, 12),
    lies: () => lies,
    async stop() {
      abort.abort();
      const error = await outcome;
      socket.disconnect();
      if (error !== undefined) throw error;
    },
  };
}

async function greet(socket: Socket, origin: string, publicKey: Uint8Array, privateKey: KeyObject): Promise<void> {
  const challenge = await new Promise<Challenge>((resolve, reject) => {
    socket.once(SocketEvent.Challenge, resolve);
    socket.once("connect_error", reject);
  });
  const nonce = sentBytes(challenge.nonce);
  const hello: Hello = {
    wire: WIRE_VERSION,
    plan: PLAN_VERSION,
    origin,
    publicKey,
    signature: sign(null, authMessage(origin, socket.id ?? "", nonce, publicKey), privateKey),
    host: { vendor: "demo", architecture: "liar", browser: "none", os: process.platform, software: true, features: [], limits: {} },
  };
  const reply = (await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(SocketEvent.Hello, hello)) as HelloReply;
  if (!reply.ok) throw new Error(`the liar's handshake was refused: ${reply.message}`);
}

async function lieOn(
  url: string,
  socket: Socket,
  { lie, most }: { lie: Lie; most: number },
  signal: AbortSignal,
  onLies: (count: number) => void,
): Promise<void> {
  const plans = new Map<number, JobPlan>();
  let told = 0;
  while (!signal.aborted && told < most) {
    const answer = await exchange(socket, { type: "claim", units: CLAIM_UNITS, gpuMillis: 0, job: 0 });
    if (answer.type === "assignment") {
      const plan = plans.get(answer.job) ?? (await fetchPlan(url, answer.job));
      plans.set(answer.job, plan);
      await tell(socket, answer, plan, lie);
      told += countUnits(answer.runs);
      onLies(countUnits(answer.runs));
    }
    // It was found out, and nothing that it brings counts any more.
    if (answer.type === "error" && answer.code === "banned") return;
    const pause = answer.type === "idle" || answer.type === "error" ? Math.max(PAUSE_MS, answer.retryMs) : PAUSE_MS;
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

async function tell(socket: Socket, assignment: AssignmentFrame, plan: JobPlan, lie: Lie): Promise<void> {
  const total = resultBytes(plan);
  const lies = [...unitsOf(assignment.runs)].map((unit) => {
    const bytes = frameOutputs(plan.outputs.map(({ byteLength }) => lie(assignment.job, unit, byteLength)));
    return { unit, bytes, digest: createHash("sha256").update(bytes).digest() };
  });
  const results = lies.map(({ unit, bytes, digest }): ReplicaResult => {
    const inline = total <= INLINE_RESULT_BYTES ? bytes : new Uint8Array();
    return { unit, status: "ok", gpuMicros: 1000, digest, bytes: inline };
  });
  const answer = await exchange(socket, { type: "submit", token: assignment.token, results });
  if (answer.type !== "answer" || total > MAX_SOCKET_RESULT_BYTES) return;
  for (const [i, verdict] of answer.verdicts.entries()) {
    const told = lies[i];
    if (verdict === "wanted" && told)
      await exchange(socket, { type: "bytes", token: assignment.token, unit: told.unit, bytes: told.bytes });
  }
}

async function exchange(socket: Socket, frame: Frame): Promise<Frame> {
  // A Buffer travels as msgpack's own binary type.
  const answer: unknown = await socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(SocketEvent.Frame, Buffer.from(encodeFrame(frame)));
  return decodeFrame(sentBytes(answer));
}

async function fetchPlan(url: string, job: number): Promise<JobPlan> {
  const response = await fetch(`${url}/api/jobs/${job}/plan`);
  if (!response.ok) throw new Error(`the plan of job ${job} could not be had: ${response.status}`);
  return parsePlan(await response.text());
}
