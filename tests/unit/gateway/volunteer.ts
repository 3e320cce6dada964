/** A volunteer made of a key and a socket, that computes nothing: it submits whatever bytes a test gives it. */

import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import { msgpackParser } from "../../../server/gateway/parser.ts";
import { fromHex, sentBytes, toHex } from "../../../shared/bytes.ts";
import type { JobId, UnitIndex } from "../../../shared/ids.ts";
import { unitsOf } from "../../../shared/ids.ts";
import type { Host } from "../../../shared/messages.ts";
import { PLAN_VERSION } from "../../../shared/plan.ts";
import {
  type AccountNotice,
  authMessage,
  type Challenge,
  type HelloReply,
  type JoinReply,
  type OwnUnitsReply,
  type PoolPass,
  SocketEvent,
} from "../../../shared/protocol.ts";
import { rawPublicKey } from "../../../shared/raw-public-key.ts";
import { frame as frameResult } from "../../../shared/result.ts";
import { linkBytes, statementMessage } from "../../../shared/statement.ts";
import { decodeFrame, encodeFrame } from "../../../shared/wire/codec.ts";
import { type AssignmentFrame, type Frame, type ReplicaResult, type SubmitFrame, WIRE_VERSION } from "../../../shared/wire.ts";

export const HOST: Host = { vendor: "test", architecture: "test", browser: "node", os: "linux", software: false, features: [], limits: {} };

export interface HelloChanges {
  wire?: unknown;
  plan?: unknown;
  origin?: string;
  socketId?: string;
  nonce?: Uint8Array;
  /** Signs with this key while presenting one's own. */
  signer?: KeyObject;
  host?: unknown;
  audit?: unknown;
  pool?: unknown;
  site?: unknown;
  agreedMs?: unknown;
}

export class Volunteer {
  readonly socket: Socket;
  readonly url: string;
  readonly keys: { publicKey: KeyObject; privateKey: KeyObject };
  readonly notices: AccountNotice[] = [];
  challenge: Challenge | null = null;
  /** After what this connection was answered. */
  hash: Uint8Array = new Uint8Array(32);
  /** By token, of all volunteers: one may submit what another connection of its key has claimed. */
  private static readonly jobs = new Map<string, number>();
  private readonly challenged: Promise<void>;

  constructor(url: string, keys = generateKeyPairSync("ed25519"), headers: Record<string, string> = {}) {
    this.url = url;
    this.keys = keys;
    this.socket = io(url, {
      transports: ["websocket"],
      forceNew: true,
      reconnection: false,
      parser: msgpackParser as unknown as object,
      extraHeaders: headers,
    } as Parameters<typeof io>[1]);
    this.challenged = new Promise((resolve, reject) => {
      this.socket.once(SocketEvent.Challenge, (challenge: Challenge) => {
        this.challenge = { ...challenge, nonce: sentBytes(challenge.nonce) };
        resolve();
      });
      this.socket.once("connect_error", reject);
    });
    this.socket.on(SocketEvent.Account, (notice: AccountNotice) => this.notices.push(notice));
  }

  get publicKey(): Uint8Array {
    return rawPublicKey(this.keys.publicKey);
  }

  /** Resolves when the challenge is here. */
  async connected(): Promise<this> {
    await this.challenged;
    return this;
  }

  async join(): Promise<this> {
    const reply = await this.hello();
    if (!reply.ok) throw new Error(`${reply.code}: ${reply.message}`);
    return this;
  }

  async hello(changes: HelloChanges = {}): Promise<HelloReply> {
    await this.challenged;
    return this.ask(SocketEvent.Hello, this.helloMessage(changes)) as Promise<HelloReply>;
  }

  helloMessage(changes: HelloChanges = {}): Record<string, unknown> {
    const origin = changes.origin ?? this.url;
    const nonce = changes.nonce ?? this.challenge?.nonce ?? new Uint8Array(32);
    const message = authMessage(origin, changes.socketId ?? (this.socket.id as string), nonce, this.publicKey);
    const signature = sign(null, message, changes.signer ?? this.keys.privateKey);
    this.hash = sha256(message);
    return {
      wire: changes.wire ?? WIRE_VERSION,
      plan: "plan" in changes ? changes.plan : PLAN_VERSION,
      origin,
      publicKey: Buffer.from(this.publicKey),
      signature,
      host: changes.host ?? HOST,
      ...("audit" in changes ? { audit: changes.audit } : {}),
      ...("pool" in changes ? { pool: changes.pool } : {}),
      ...("site" in changes ? { site: changes.site } : {}),
      ...("agreedMs" in changes ? { agreedMs: changes.agreedMs } : {}),
    };
  }

  ask(event: string, ...args: unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const gone = () => reject(new Error("disconnected"));
      this.socket.once("disconnect", gone);
      this.socket.emit(event, ...args, (answer: unknown) => {
        this.socket.off("disconnect", gone);
        resolve(answer);
      });
    });
  }

  async send(frame: Frame): Promise<Frame> {
    const answer = await this.sendBytes(encodeFrame(frame));
    if (answer.type === "assignment") Volunteer.jobs.set(toHex(answer.token), answer.job);
    if (frame.type === "submit" && answer.type === "answer") this.hash = this.after(frame);
    return answer;
  }

  /** The running hash after a submit of what was claimed, or as if that were of `job`. */
  after({ token, results }: SubmitFrame, job = Volunteer.jobs.get(toHex(token)) ?? 0): Uint8Array {
    return sha256(linkBytes(this.hash, job, results));
  }

  /** Signs what was submitted on this connection, or what another one left. */
  sign(hash = this.hash, signer = this.keys.privateKey): Promise<Frame> {
    return this.send({ type: "sign", hash, signature: sign(null, statementMessage(hash), signer) });
  }

  async sendBytes(bytes: Uint8Array): Promise<Frame> {
    return decodeFrame(sentBytes(await this.ask(SocketEvent.Frame, Buffer.from(bytes))));
  }

  async claim(units = 64, job = 0): Promise<AssignmentFrame> {
    const answer = await this.send({ type: "claim", units, gpuMillis: 60_000, job });
    if (answer.type !== "assignment") throw new Error(`no assignment but ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Claims once, submits `value(unit)` for each unit and signs; null when there was nothing to claim. */
  async work(value: (unit: UnitIndex) => Uint8Array, units = 64): Promise<Frame | null> {
    const claimed = await this.send({ type: "claim", units, gpuMillis: 60_000, job: 0 });
    if (claimed.type !== "assignment") return null;
    const results = [...unitsOf(claimed.runs)].map((unit) => resultOf(unit, value(unit)));
    const answer = await this.send({ type: "submit", token: claimed.token, results });
    await this.sign();
    return answer;
  }

  units(job: JobId, before?: number): Promise<OwnUnitsReply> {
    return this.ask(SocketEvent.Units, before === undefined ? { job } : { job, before }) as Promise<OwnUnitsReply>;
  }

  /** Joins the pool that the secret invites to, and comes again to serve it, with the same key. */
  async joinPool(secret: string): Promise<{ volunteer: Volunteer; pool: PoolPass }> {
    await this.join();
    const joined = (await this.ask(SocketEvent.Join, { secret })) as JoinReply;
    if (!joined.ok) throw new Error(`${joined.code}: ${joined.message}`);
    this.leave();
    const volunteer = new Volunteer(this.url, this.keys);
    const reply = await volunteer.hello({ pool: joined.pool.id });
    if (!reply.ok || !reply.pool) throw new Error(`no pool but ${JSON.stringify(reply)}`);
    return { volunteer, pool: reply.pool };
  }

  leave(): void {
    this.socket.disconnect();
  }
}

function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

/** Result bytes of one u32 output. */
export function bytesOf(...values: number[]): Uint8Array<ArrayBuffer> {
  return frameResult([new Uint8Array(Uint32Array.from(values).buffer)]);
}

export function resultOf(unit: number, bytes: Uint8Array, carried = bytes.byteLength <= 1024): ReplicaResult {
  return {
    unit: unit as UnitIndex,
    status: "ok",
    gpuMicros: 1000,
    digest: fromHex(createHash("sha256").update(bytes).digest("hex")),
    bytes: carried ? bytes : new Uint8Array(0),
  };
}
