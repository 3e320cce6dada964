/**
 * The volunteer's connection. States: `down` → (transport opens, challenge comes) `greeting` → (hello accepted) `up` →
 * (transport drops) `down` and so on, by itself; `closed` by us, `refused` or told to `reload`: for good.
 */

import { io, type Socket } from "socket.io-client";
import * as parser from "socket.io-msgpack-parser";
import type { BoxWord } from "../../shared/account/box.ts";
import { type Certificate, forgetMessage, type Revocation } from "../../shared/account/certificate.ts";
import { NO_REMOTE_WISH, type RemoteWish, readRemoteWish, wishMessage } from "../../shared/account/remote-wish.ts";
import { exactBytes, fromHex, sentBytes } from "../../shared/bytes.ts";
import { isPassing } from "../../shared/errors.ts";
import type {
  ForgetRequest,
  Hello,
  Host,
  KeepBoxRequest,
  LinkRequest,
  OwnUnitsRequest,
  RevokeRequest,
  WishRequest,
} from "../../shared/messages.ts";
import { MAX_OWN_UNITS } from "../../shared/picture.ts";
import { PLAN_VERSION } from "../../shared/plan.ts";
import {
  type AccountNotice,
  authMessage,
  type BoxesReply,
  type BoxInfo,
  type Challenge,
  type DeviceInfo,
  type DevicesReply,
  type ForgetReply,
  type HelloReply,
  type JoinReply,
  type KeepBoxReply,
  type LeaveReply,
  type LinkReply,
  NONCE_BYTES,
  type OwnUnitsReply,
  type PassReply,
  type PoolPass,
  type Refusal,
  type RevokeReply,
  SocketEvent,
  type TakeBackReply,
  type WishReply,
} from "../../shared/protocol.ts";
import { messageOf } from "../../shared/thrown.ts";
import { decodeFrame, encodeFrame } from "../../shared/wire/codec.ts";
import { type Frame, WIRE_VERSION } from "../../shared/wire.ts";
import { sha256 } from "./digest.ts";
import type { Identity } from "./identity.ts";

/** A frame without an answer after this long counts as lost; everything that is sent may be sent again. */
const ANSWER_TIMEOUT_MS = 20_000;
/** The transport drops at once after a server's restart and is tried again after 0.5 to 10 s. */
const RECONNECT_MS = { first: 500, longest: 10_000 };
/** A coordinator that stops sends everybody away at once: the first try of each is spread over this long. */
const RETURN_SPREAD_MS = 2_500;

/** Whoever is told to come later comes up to so much later than that, as a share: those who were told together come apart. */
const LATER_SPREAD = 0.5;
/** Nobody waits longer for a word of the coordinator's. */
const LONGEST_WAIT_S = 600;

/** What is lent is told no more often than this. */
const TELL_LENT_EVERY_MS = 1_000;

/** The connection is not up, or dropped before the answer came. */
export class NotConnected extends Error {
  override readonly name = "NotConnected";
}

/** Signs with the account's key, which whoever has it keeps to themself. */
export type AccountSign = (message: Uint8Array) => Uint8Array | Promise<Uint8Array>;

export interface SocketListener {
  /** Before hello: what to say of this host, or null to give up (the listener closes the socket). */
  introduce(challenge: { allowSoftware: boolean }): Promise<Host | null>;
  /** `start`: SHA-256 of what the handshake signed. */
  onUp(account: AccountNotice, start: Uint8Array): void;
  onDown(): void;
  onAccount(account: AccountNotice): void;
  /** What is wished of this device from others of its account: before each `onUp`, and at each change. */
  onWish?(wish: RemoteWish): void;
  /** A new pass to the pool that is served. */
  onPool?(pool: PoolPass): void;
  /** A job has begun, or goes on. */
  onWork(): void;
  /** Nothing that is held of the job is to be computed any more. */
  onWithdraw(job: number): void;
  /** The visitor's yes was taken back on the coordinator's page: it is to be forgotten. */
  onTakenBack?(): void;
  /** The coordinator speaks another wire version. */
  onReload(): void;
  onRefused(code: string, message: string): void;
}

/** What this host is beside a volunteer for the public. */
export interface Role {
  /** The token of the coordinator's auditor. */
  audit?: string | undefined;
  /** Number of the pool that it serves. */
  pool?: number | undefined;
  /** Origin of the site whose visitor this is. */
  site?: string | undefined;
  /** When the visitor said yes to it, milliseconds since 1970. */
  agreedAt?: number | undefined;
}

export class VolunteerSocket {
  private readonly origin: string;
  private readonly identity: Identity;
  private readonly listener: SocketListener;
  private readonly role: Role;
  private readonly socket: Socket;
  private up = false;
  /** Of the account that joins this device to others, hexadecimal; undefined: none does. */
  private accountKey: string | undefined;
  private isJoined = false;
  /** SHA-256 of what the handshake signed. */
  private start: Uint8Array = new Uint8Array(0);
  /** What this connection told last, and when. */
  private lent = { share: -1, at: Number.NEGATIVE_INFINITY };
  private ended = false;
  private retry: ReturnType<typeof setTimeout> | undefined;
  /** As the coordinator has told: before that no try makes sense. */
  private notBefore = Number.NEGATIVE_INFINITY;

  constructor(origin: string, identity: Identity, listener: SocketListener, role: Role = {}) {
    this.role = role;
    this.origin = origin;
    this.identity = identity;
    this.listener = listener;
    this.socket = io(origin, {
      transports: ["websocket"],
      parser,
      forceNew: true,
      reconnectionDelay: RECONNECT_MS.first,
      reconnectionDelayMax: RECONNECT_MS.longest,
    });
    this.socket.on(SocketEvent.Challenge, (challenge: Challenge) => void this.greet(challenge));
    this.socket.on(SocketEvent.Account, (account: AccountNotice) => this.listener.onAccount(account));
    this.socket.on(SocketEvent.Work, () => this.listener.onWork());
    this.socket.on(SocketEvent.Withdraw, (message?: { job?: unknown }) => {
      if (typeof message?.job === "number") this.listener.onWithdraw(message.job);
    });
    this.socket.on(SocketEvent.Wish, (told: unknown) => {
      const wish = readRemoteWish(told);
      if (!wish) return;
      this.isJoined = true;
      this.listener.onWish?.(wish);
    });
    this.socket.on(SocketEvent.TakenBack, () => this.end(() => this.listener.onTakenBack?.()));
    this.socket.on(SocketEvent.Reload, () => this.end(() => this.listener.onReload()));
    this.socket.on("connect_error", () => this.listener.onDown());
    this.socket.on("disconnect", (reason) => {
      this.up = false;
      if (this.ended) return;
      this.listener.onDown();
      // Socket.IO does not come back by itself when the server hung up.
      if (reason !== "io server disconnect") return;
      this.comeBack(RECONNECT_MS.first + Math.random() * RETURN_SPREAD_MS);
    });
  }

  get isUp(): boolean {
    return this.up;
  }

  /** Sends one frame and resolves with the answering frame. Rejects with `NotConnected` or `FrameError`. */
  async request(frame: Frame): Promise<Frame> {
    const answer = await this.ask(SocketEvent.Frame, encodeFrame(frame).buffer);
    return decodeFrame(sentBytes(answer));
  }

  async ownUnits(job: number): Promise<OwnUnitsReply["units"]> {
    const units: OwnUnitsReply["units"] = [];
    let before: number | undefined;
    do {
      const request: OwnUnitsRequest = before === undefined ? { job } : { job, before };
      const reply = (await this.ask(SocketEvent.Units, request)) as Partial<OwnUnitsReply>;
      if (!Array.isArray(reply.units)) return units;
      for (const unit of reply.units) units.push(unit);
      before = reply.next;
    } while (before !== undefined && units.length < MAX_OWN_UNITS);
    return units;
  }

  /** This device alone. */
  async forget(): Promise<void> {
    granted((await this.ask(SocketEvent.Forget, {})) as ForgetReply);
  }

  /** All of the account that this is a device of. `sign`: as its key does. Rejects with the coordinator's words. */
  async forgetAccount(sign: AccountSign): Promise<void> {
    if (this.accountKey === undefined) throw new Error("This device is joined to no other.");
    const signature = await sign(forgetMessage(fromHex(this.accountKey), this.identity.publicKey, this.start));
    granted((await this.ask(SocketEvent.Forget, { signature: exactBytes(signature).buffer } satisfies ForgetRequest)) as ForgetReply);
  }

  /** Becomes a member of the pool that a link's secret invites to. `name`: what others in it call this machine. Rejects with the coordinator's words. */
  async join(secret: string, name: string): Promise<PoolPass> {
    return granted((await this.ask(SocketEvent.Join, name === "" ? { secret } : { secret, name })) as JoinReply).pool;
  }

  async leave(pool: number): Promise<void> {
    granted((await this.ask(SocketEvent.Leave, { pool })) as LeaveReply);
  }

  /** Shows a certificate that the account's key signed for this device. Rejects with the coordinator's words. */
  async link({ account, signature, ...parts }: Certificate): Promise<AccountNotice> {
    const binary = { account: exactBytes(account).buffer, signature: exactBytes(signature).buffer };
    return granted((await this.ask(SocketEvent.Link, { ...parts, ...binary } satisfies LinkRequest)) as LinkReply).account;
  }

  /** Those of the account, this one among them; none where nothing joins this device to others. */
  async devices(): Promise<DeviceInfo[]> {
    return granted((await this.ask(SocketEvent.Devices, {})) as DevicesReply).devices;
  }

  /** Takes a device off the account by what the account's key signed. */
  async revoke({ device, created, signature }: Revocation): Promise<void> {
    const binary = { device: exactBytes(device).buffer, signature: exactBytes(signature).buffer };
    granted((await this.ask(SocketEvent.Revoke, { created, ...binary } satisfies RevokeRequest)) as RevokeReply);
  }

  /** Wishes something of a device of this one's account, under this device's key. Rejects with the coordinator's words. */
  async wish(device: Uint8Array, wish: RemoteWish): Promise<void> {
    if (this.accountKey === undefined) throw new Error("This device is joined to no other.");
    const by = this.identity.publicKey;
    const signature = await this.identity.sign(wishMessage({ account: fromHex(this.accountKey), device, by }, wish));
    const binary = { device: exactBytes(device).buffer, signature: exactBytes(signature).buffer };
    granted((await this.ask(SocketEvent.Wish, { ...wish, ...binary } satisfies WishRequest)) as WishReply);
  }

  /** A box on a site is this device's person's, by the box's word. Rejects with the coordinator's words. */
  async keepBox({ box, site, signature }: BoxWord): Promise<void> {
    const binary = { box: exactBytes(box).buffer, signature: exactBytes(signature).buffer };
    granted((await this.ask(SocketEvent.KeepBox, { site, ...binary } satisfies KeepBoxRequest)) as KeepBoxReply);
  }

  async boxes(): Promise<BoxInfo[]> {
    return granted((await this.ask(SocketEvent.Boxes, {})) as BoxesReply).boxes;
  }

  /** Each yes on other sites that was said until now is none. */
  async takeBack(): Promise<void> {
    granted((await this.ask(SocketEvent.TakeBack, {})) as TakeBackReply);
  }

  /** Percent of the GPU that is lent now, for other devices of the account; where there are none nothing is told. To be called again and again. */
  tellLent(share: number): void {
    const now = performance.now();
    if (!this.up || !this.isJoined || share === this.lent.share || now - this.lent.at < TELL_LENT_EVERY_MS) return;
    this.lent = { share, at: now };
    this.ask(SocketEvent.Lends, { share }).catch(() => undefined); // the next connection tells it anew
  }

  /** A new pass to the pool that is served. */
  async pass(): Promise<PoolPass> {
    return granted((await this.ask(SocketEvent.Pass, {})) as PassReply).pool;
  }

  /** The network is back: try now instead of at the next turn. */
  hurry(): void {
    if (this.ended || this.socket.connected || performance.now() < this.notBefore) return;
    this.socket.disconnect().connect();
  }

  private comeBack(ms: number): void {
    clearTimeout(this.retry);
    const wait = Math.max(ms, this.notBefore - performance.now());
    this.retry = setTimeout(() => this.socket.connect(), wait);
  }

  /** The coordinator has no room before so many seconds. */
  private comeLater(seconds: number): void {
    const wait = 1_000 * Math.min(seconds, LONGEST_WAIT_S) * (1 + LATER_SPREAD * Math.random());
    this.notBefore = performance.now() + wait;
    // Socket.IO would try again by itself, whoever hung up.
    this.socket.disconnect();
    this.comeBack(wait);
  }

  /** Leaves a connection that is up for another one. */
  restart(): void {
    if (this.ended || !this.up) return;
    this.socket.disconnect().connect();
  }

  close(): void {
    this.ended = true;
    this.up = false;
    clearTimeout(this.retry);
    this.socket.disconnect();
  }

  private async ask(event: string, message: unknown): Promise<unknown> {
    if (!this.up) throw new NotConnected("There is no connection.");
    try {
      return await this.socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(event, message);
    } catch (error) {
      throw new NotConnected(messageOf(error));
    }
  }

  private async greet(challenge: Challenge): Promise<void> {
    const id = this.socket.id;
    if (challenge.wire !== WIRE_VERSION) return this.end(() => this.listener.onReload());
    const nonce = sentBytes(challenge.nonce);
    const host = await this.listener.introduce({ allowSoftware: challenge.allowSoftware === true });
    // Introducing may take long enough for another connection to have come.
    if (!host || !id || this.ended || this.socket.id !== id || nonce.byteLength !== NONCE_BYTES) return;
    const { publicKey } = this.identity;
    const message = authMessage(this.origin, id, nonce, publicKey);
    const [signature, start] = [await this.identity.sign(message), await sha256(message)];
    let reply: HelloReply;
    try {
      // The parser's browser half knows binary only as ArrayBuffer, and sends whole ones.
      const binary = { publicKey: exactBytes(publicKey).buffer, signature: exactBytes(signature).buffer };
      const hello: Hello = {
        wire: WIRE_VERSION,
        plan: PLAN_VERSION,
        origin: this.origin,
        ...binary,
        host,
        ...(this.role.audit === undefined ? {} : { audit: this.role.audit }),
        ...(this.role.pool === undefined ? {} : { pool: this.role.pool }),
        ...(this.role.site === undefined ? {} : { site: this.role.site }),
        ...(this.role.agreedAt === undefined ? {} : { agreedMs: Math.max(0, Date.now() - this.role.agreedAt) }),
      };
      reply = (await this.socket.timeout(ANSWER_TIMEOUT_MS).emitWithAck(SocketEvent.Hello, hello)) as HelloReply;
    } catch {
      return; // the connection dropped, or hangs: the server ends it after 30 s, and the next one has a challenge of its own
    }
    if (this.ended) return;
    if (!reply.ok) {
      // In Node the server has hung up by now: its goodbye comes with its answer.
      const { code, message: words, retrySeconds } = reply;
      if (!isPassing(code)) this.end(() => this.listener.onRefused(code, words));
      else if (typeof retrySeconds === "number" && retrySeconds > 0) this.comeLater(retrySeconds);
      return;
    }
    if (this.socket.id !== id) return;
    this.up = true;
    this.accountKey = reply.accountKey;
    this.start = start;
    this.isJoined = reply.accountKey !== undefined;
    this.lent = { share: -1, at: Number.NEGATIVE_INFINITY };
    this.listener.onWish?.(readRemoteWish(reply.wish) ?? NO_REMOTE_WISH);
    if (reply.pool) this.listener.onPool?.(reply.pool);
    this.listener.onUp(reply.account, start);
  }

  private end(tell: () => void): void {
    if (this.ended) return;
    this.close();
    tell();
  }
}

function granted<Reply extends { ok: boolean }>(reply: Reply): Exclude<Reply, Refusal> {
  if (reply.ok !== true) throw new Error((reply as unknown as Refusal).message ?? "The coordinator refused.");
  return reply as Exclude<Reply, Refusal>;
}
