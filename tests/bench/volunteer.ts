/** One volunteer: a key, a real socket of the product's protocol, and no GPU. It answers with the agreed results. */

import { generateKeyPairSync, hash, type KeyObject, sign } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { io, type Socket } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import { sentBytes } from "../../shared/bytes.ts";
import { unitsOf } from "../../shared/ids.ts";
import type { Hello } from "../../shared/messages.ts";
import { PLAN_VERSION } from "../../shared/plan.ts";
import { authMessage, type Challenge, type HelloReply, SocketEvent } from "../../shared/protocol.ts";
import { rawPublicKey } from "../../shared/raw-public-key.ts";
import { linkBytes, SIGN_RESULTS, statementMessage } from "../../shared/statement.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/codec.ts";
import { type AssignmentFrame, type Frame, type Verdict, WIRE_VERSION } from "../../shared/wire.ts";
import { resultOf } from "./results.ts";

const HOST: Hello["host"] = {
  vendor: "bench",
  architecture: "none",
  browser: "node",
  os: "any",
  software: false,
  features: [],
  limits: {},
};
/** A server that has not answered by then will not. */
const CONNECT_TIMEOUT_MS = 60_000;

export class Volunteer {
  private readonly socket: Socket;
  private readonly key: KeyObject;
  /** The running hash after what was answered. */
  private hash: Uint8Array;
  private unsigned = 0;
  private submitting = 0;
  private signing: Promise<void> | undefined;
  /** Called when no submit waits for its answer. */
  private onQuiet: () => void = () => undefined;

  private constructor(socket: Socket, key: KeyObject, start: Uint8Array) {
    this.socket = socket;
    this.key = key;
    this.hash = start;
  }

  /** `network`: volunteers of different numbers are in different clusters. Rejects when the handshake is refused. */
  static async join(url: string, network: number): Promise<Volunteer> {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const key = rawPublicKey(publicKey);
    const socket = io(url, {
      transports: ["websocket"],
      parser,
      forceNew: true,
      reconnection: false,
      timeout: CONNECT_TIMEOUT_MS,
      // A /48 of its own out of the documentation's network; the server believes one proxy.
      extraHeaders: { "x-forwarded-for": `2001:db8:${network.toString(16)}::1` },
    });
    const { nonce } = await new Promise<Challenge>((resolve, reject) => {
      socket.once(SocketEvent.Challenge, resolve);
      socket.once("connect_error", reject);
      socket.once("disconnect", (why) => reject(new Error(`disconnected before the challenge: ${why}`)));
    });
    const message = authMessage(url, socket.id ?? "", sentBytes(nonce), key);
    const signature = sign(null, message, privateKey);
    const hello: Hello = { wire: WIRE_VERSION, plan: PLAN_VERSION, origin: url, publicKey: key, signature, host: HOST };
    const reply = (await socket.timeout(CONNECT_TIMEOUT_MS).emitWithAck(SocketEvent.Hello, hello)) as HelloReply;
    if (!reply.ok) throw new Error(`the handshake was refused: ${reply.code}, ${reply.message}`);
    return new Volunteer(socket, privateKey, hash("sha256", message, "buffer"));
  }

  /** `job` 0: any. */
  claim(units: number, job: number): Promise<Frame> {
    return this.exchange({ type: "claim", units, gpuMillis: 0, job });
  }

  /**
   * Answers every unit of the assignment; told that it is too fast it waits and sends again, as the donor does, and says so
   * to `onDelayed`. Rejects when that is not acknowledged by verdicts.
   */
  async submit({ job, token, runs }: AssignmentFrame, onDelayed: () => void): Promise<Verdict[]> {
    const results = Array.from(unitsOf(runs), resultOf);
    for (;;) {
      while (this.signing) await this.signing;
      this.submitting++;
      const answer = await this.exchange({ type: "submit", token, results });
      if (answer.type === "answer") this.hash = hash("sha256", linkBytes(this.hash, job, results), "buffer");
      if (answer.type === "answer") this.unsigned += results.length;
      if (--this.submitting === 0) this.onQuiet();
      if (this.unsigned >= SIGN_RESULTS) this.sign().catch(() => undefined); // whoever signs at the end hears of it
      if (answer.type === "answer" && answer.verdicts.length === results.length) return answer.verdicts;
      if (answer.type !== "error" || answer.code !== "too-fast")
        throw new Error(`${results.length} results were answered by ${JSON.stringify(answer)}`);
      onDelayed();
      await sleep(answer.retryMs);
    }
  }

  /** Signs for all that was answered; submits wait meanwhile. */
  sign(): Promise<void> {
    this.signing ??= this.signAll().finally(() => {
      this.signing = undefined;
    });
    return this.signing;
  }

  private async signAll(): Promise<void> {
    if (this.submitting > 0) {
      await new Promise<void>((resolve) => {
        this.onQuiet = resolve;
      });
    }
    if (this.unsigned === 0) return;
    const signature = sign(null, statementMessage(this.hash), this.key);
    const answer = await this.exchange({ type: "sign", hash: this.hash, signature });
    if (answer.type !== "done") throw new Error(`a signature was answered by ${JSON.stringify(answer)}`);
    this.unsigned = 0;
  }

  leave(): void {
    this.socket.disconnect();
  }

  private exchange(frame: Frame): Promise<Frame> {
    const bytes = encodeFrame(frame);
    return new Promise((resolve, reject) => {
      if (!this.socket.connected) reject(new Error("the server has disconnected this volunteer"));
      // Where a timeout is set Socket.IO calls back with an error when the socket closes, too.
      this.socket
        .timeout(CONNECT_TIMEOUT_MS)
        .emit(SocketEvent.Frame, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), (error: Error | null, answer: unknown) => {
          if (error) reject(error);
          else resolve(decodeFrame(sentBytes(answer)));
        });
    });
  }
}
