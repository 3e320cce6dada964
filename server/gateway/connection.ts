/**
 * One volunteer's connection. States: `new` (challenge sent; only hello is heard) → `greeting` (hello being checked) →
 * `open` (frames, units, forget) → `closed`. A refused hello, 30 s without one, repeated garbage and disconnecting all
 * lead to `closed`; nothing leads back.
 */

import type { Socket } from "socket.io";
import { Compile } from "typebox/compile";
import { bucketOf } from "../../shared/bucket.ts";
import { binaryOf } from "../../shared/bytes.ts";
import { type ErrorCode, type ErrorDetails, errorMessage, IdlewaveError } from "../../shared/errors.ts";
import type { JobId } from "../../shared/ids.ts";
import { OwnUnitsSchema } from "../../shared/messages.ts";
import { type HelloReply, NONCE_LIFE_MS, OWN_UNITS_PAGE, type OwnUnitsReply, type Refusal, SocketEvent } from "../../shared/protocol.ts";
import { encodeFrame } from "../../shared/wire/codec.ts";
import type { Frame } from "../../shared/wire.ts";
import { isLimited, lineOf } from "../access/address.ts";
import { devices, forget, link, revoke } from "./account.ts";
import { answer, errorFrame, type Peer } from "./answer.ts";
import { boxes, isTakenBack, keepBox, takeBack } from "./boxes.ts";
import type { ConnectionContext } from "./context.ts";
import { Handshake } from "./handshake.ts";
import { introduce } from "./introduce.ts";
import { Bucket, COLD_RATE, FRAME_RATE, GARBAGE_RATE, MAX_BYTES_IN_FLIGHT, MAX_FRAMES_IN_FLIGHT, TOO_FAST_RATE } from "./limits.ts";
import { join, leave, passOf, renewPass } from "./members.ts";
import { noticeOf } from "./notices.ts";
import type { Visit } from "./visits.ts";
import { lends, wish, wishOf } from "./wishes.ts";

/** What a connection needs until it is open or closed. */
interface Opening {
  handshake: Handshake;
  /** Whether an origin is this coordinator's, as far as the request that opened the line shows. */
  ownOrigin: (origin: string) => boolean;
  deadline: NodeJS.Timeout;
}

type Ack = (answer: unknown) => void;

const unitsChecker = Compile(OwnUnitsSchema);

export class Connection {
  private readonly socket: Socket;
  private readonly context: ConnectionContext;
  private readonly address: string;
  private readonly frames: Bucket;
  private readonly cold: Bucket;
  private readonly garbage: Bucket;
  private readonly hasty: Bucket;
  private opening: Opening | null;
  private state: "new" | "greeting" | "open" | "closed" = "new";
  private peer: Peer | null = null;
  private visit: Visit | undefined;
  private framesInFlight = 0;
  private bytesInFlight = 0;

  constructor(socket: Socket, address: string, ownOrigin: Opening["ownOrigin"], context: ConnectionContext) {
    const now = context.clock();
    this.socket = socket;
    this.context = context;
    this.address = address;
    this.frames = new Bucket(FRAME_RATE, now);
    this.cold = new Bucket(COLD_RATE, now);
    this.garbage = new Bucket(GARBAGE_RATE, now);
    this.hasty = new Bucket(TOO_FAST_RATE, now);
    const handshake = new Handshake(now, context.allowSoftware);
    const deadline = setTimeout(() => socket.disconnect(true), NONCE_LIFE_MS);
    this.opening = { handshake, ownOrigin, deadline };
    socket.on("error", () => socket.disconnect(true));
    socket.on("disconnect", () => this.closed());
    socket.on(SocketEvent.Hello, (hello: unknown, ack: unknown) => this.hear(ack, (done) => this.hello(hello, done)));
    socket.on(SocketEvent.Frame, (frame: unknown, ack: unknown) => this.frame(frame, ack));
    socket.on(SocketEvent.Units, (request: unknown, ack: unknown) => this.hear(ack, (done) => this.units(request, done)));
    socket.on(SocketEvent.Join, (request: unknown, ack: unknown) =>
      this.hear(ack, async (done) => done(await join(this.context, this.authenticated().account, request))),
    );
    socket.on(SocketEvent.Leave, (request: unknown, ack: unknown) =>
      this.hear(ack, async (done) => done(await leave(this.context, this.authenticated().account, request))),
    );
    socket.on(SocketEvent.Pass, (...args: unknown[]) =>
      this.hear(args.at(-1), async (done) => done(renewPass(this.context, this.authenticated()))),
    );
    socket.on(SocketEvent.Link, (request: unknown, ack: unknown) =>
      this.hear(ack, async (done) => done(await link(this.context, this.authenticated(), request))),
    );
    socket.on(SocketEvent.Revoke, (request: unknown, ack: unknown) =>
      this.hear(ack, (done) => revoke(this.context, this.authenticated(), request, done)),
    );
    socket.on(SocketEvent.Devices, (...args: unknown[]) =>
      this.hear(args.at(-1), async (done) => done(await devices(this.context, this.authenticated()))),
    );
    const asks = (event: string, act: (peer: Peer, request: unknown) => Promise<unknown>) =>
      socket.on(event, (request: unknown, ack: unknown) => this.hear(ack, async (done) => done(await act(this.authenticated(), request))));
    asks(SocketEvent.KeepBox, (peer, request) => keepBox(context, peer, request));
    asks(SocketEvent.Boxes, (peer) => boxes(context, peer));
    asks(SocketEvent.TakeBack, (peer) => takeBack(context, peer));
    socket.on(SocketEvent.Wish, (request: unknown, ack: unknown) =>
      this.hear(ack, async (done) => done(await wish(this.context, this.authenticated(), request))),
    );
    socket.on(SocketEvent.Lends, (request: unknown, ack: unknown) =>
      this.hear(ack, async (done) => done(lends(this.context, this.authenticated().account, socket, request))),
    );
    socket.on(SocketEvent.Forget, (...args: unknown[]) => {
      // Clients of before asked without an argument.
      const request = args.length > 1 ? args[0] : {};
      this.hear(args.at(-1), async (done) => {
        const peer = this.authenticated();
        await forget(context, { ...peer, session: peer.session.name }, request, done);
      });
    });
    socket.emit(SocketEvent.Challenge, handshake.challenge());
  }

  /** Runs a cold message at its own pace; what fails is told to the sender and never leaves this connection. */
  private hear(ack: unknown, act: (ack: Ack) => Promise<void>): void {
    if (typeof ack !== "function") {
      this.strike();
      return;
    }
    const done = ack as Ack;
    const retryMs = this.cold.take(this.context.clock());
    if (retryMs > 0) {
      this.strike();
      this.context.onRefused("too-fast");
      done(refused("too-fast", { limit: "cold messages", retrySeconds: Math.ceil(retryMs / 1000) }));
      return;
    }
    // What throws before its first await is told like all else.
    (async () => act(done))().catch((error: unknown) => {
      if (!(error instanceof IdlewaveError)) this.context.onFailure(error);
      const { code, details } = error instanceof IdlewaveError ? error : new IdlewaveError("internal");
      this.context.onRefused(code);
      if (code === "bad-message") this.strike();
      done(refused(code, details));
    });
  }

  private async hello(hello: unknown, ack: Ack): Promise<void> {
    const { context, socket, opening } = this;
    if (this.state !== "new" || !opening) {
      ack(refused("bad-signature", { why: "the nonce was used before" }));
      return this.strike();
    }
    this.state = "greeting";
    try {
      if (context.isStopping()) throw new IdlewaveError("shutting-down");
      const introduced = opening.handshake.check(hello, socket.id, opening.ownOrigin, context.clock());
      const { publicKey, pool, session } = introduced;
      // Counted from its first word on, so that a site that is switched off meanwhile finds it.
      if (introduced.site !== undefined) this.visit = context.visits.begin(introduced.site);
      const { row, facts, record, joined } = await introduce(context, { socket, address: this.address, visit: this.visit }, introduced);
      if (this.isClosed()) return;
      await context.coordinator.carryOut({ type: "host-joined", facts, record });
      this.peer = {
        ...{ host: facts.host, account: row.id, publicKey, cluster: facts.cluster, pool, visit: this.visit },
        isTakenBack: true, // until it is known, which is before its hello is answered
        bucket: bucketOf(introduced.host, introduced.audit !== undefined),
        session: context.signing.begin(session),
        line: isLimited(this.address) ? lineOf(this.address) : null,
      };
      if (this.isClosed()) return this.left();
      // Nobody could hang up on a line that was not open yet.
      if (joined?.isRevoked) throw new IdlewaveError("device-revoked");
      this.endOpening();
      this.state = "open";
      context.notices.join(row.id, socket);
      if (pool !== undefined) context.serving.set(socket, { pool, account: row.id });
      // Looked up once the line is among those that are hung up on.
      this.peer.isTakenBack = await isTakenBack(context, row.id, introduced.agreedMs);
      if (this.peer?.isTakenBack && introduced.site !== undefined) throw new IdlewaveError("taken-back");
      const totals = (await context.accounts.totals(row.id)) ?? row;
      // Read once the line is among those that hear of another.
      const account = joined ? { accountKey: joined.accountKey, wish: await wishOf(context, row.id) } : {};
      const passed = pool === undefined ? {} : { pool: passOf(context, { pool, account: row.id }) };
      ack({ ok: true, account: noticeOf(totals, []), ...account, ...passed } satisfies HelloReply);
    } catch (error) {
      if (!(error instanceof IdlewaveError)) context.onFailure(error);
      const { code, details } = error instanceof IdlewaveError ? error : new IdlewaveError("internal");
      context.onRefused(code);
      if (code === "wire-version" || code === "plan-version") socket.emit(SocketEvent.Reload);
      ack(refused(code, details));
      socket.disconnect(true);
    }
  }

  private frame(frame: unknown, ack: unknown): void {
    if (typeof ack !== "function") {
      this.strike();
      return;
    }
    const reply = (answered: Frame) => {
      if (answered.type === "error") this.context.onRefused(answered.code);
      // Who does not wait as it is told is told so no longer.
      if (answered.type === "error" && answered.code === "too-fast" && this.hasty.take(this.context.clock()) > 0)
        return void this.socket.disconnect(true);
      const bytes = encodeFrame(answered);
      (ack as Ack)(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    };
    const bytes = binaryOf(frame);
    if (!bytes) {
      this.strike();
      reply(errorFrame("bad-frame", { why: "it is not binary" }));
      return;
    }
    const { peer } = this;
    if (this.state !== "open" || !peer) {
      this.strike();
      reply(errorFrame("not-authenticated", {}));
      return;
    }
    if (this.context.isStopping()) {
      reply(errorFrame("shutting-down", {}));
      return;
    }
    const now = this.context.clock();
    const retryMs = this.frames.take(now) || this.context.bytes.take(peer.account, bytes.byteLength, now);
    const crowded = this.framesInFlight >= MAX_FRAMES_IN_FLIGHT || this.bytesInFlight + bytes.byteLength > MAX_BYTES_IN_FLIGHT;
    if (retryMs > 0 || crowded) {
      const limit = crowded ? `${MAX_FRAMES_IN_FLIGHT} frames in flight` : "frames or bytes a second";
      reply(errorFrame("too-fast", { limit, retrySeconds: 1 }, Math.max(retryMs, 250)));
      return;
    }
    this.framesInFlight++;
    this.bytesInFlight += bytes.byteLength;
    const answering = answer(this.context, peer, bytes).then(({ frame: answered, malformed }) => {
      this.framesInFlight--;
      this.bytesInFlight -= bytes.byteLength;
      reply(answered);
      if (malformed) this.strike();
    });
    this.context.answering(answering.catch(this.context.onFailure));
  }

  private async units(request: unknown, ack: Ack): Promise<void> {
    const peer = this.authenticated();
    if (!unitsChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "units asks for {job, before?}" });
    const { ownUnits, store, clock } = this.context;
    const retryMs = ownUnits.begin(peer.account, clock());
    if (retryMs > 0) throw new IdlewaveError("too-fast", { limit: "own units of this account", retrySeconds: Math.ceil(retryMs / 1000) });
    try {
      const job = request.job as JobId;
      const pool = this.context.coordinator.job(job)?.pool;
      // Who has left a pool is told of its jobs no more than of those that are not there.
      if (pool !== undefined && !this.context.pools.isMember(pool, peer.account)) return ack({ units: [] } satisfies OwnUnitsReply);
      const { units, next } = await store.unitsOf(job, peer.account, request.before, OWN_UNITS_PAGE);
      ack({ units, ...(next === null ? {} : { next }) } satisfies OwnUnitsReply);
    } finally {
      ownUnits.end(peer.account);
    }
  }

  private authenticated(): Peer {
    if (this.state !== "open" || !this.peer) throw new IdlewaveError("not-authenticated");
    return this.peer;
  }

  /** One malformed message more; an honest client sends none. */
  private strike(): void {
    if (this.garbage.take(this.context.clock()) > 0) this.socket.disconnect(true);
  }

  private isClosed(): boolean {
    return this.state === "closed";
  }

  private closed(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.context.auditors.delete(this.socket);
    this.context.serving.delete(this.socket);
    if (this.visit) this.context.visits.end(this.visit);
    this.endOpening();
    this.left();
  }

  private endOpening(): void {
    clearTimeout(this.opening?.deadline);
    this.opening = null;
  }

  private left(): void {
    const { peer, context } = this;
    if (!peer) return;
    this.peer = null;
    peer.session.close();
    context.notices.leave(peer.account, this.socket);
    context.lent.leave(peer.account, this.socket);
    context.coordinator.dispatch({ type: "host-left", host: peer.host }).catch(context.onFailure);
  }
}

function refused(code: ErrorCode, details: ErrorDetails): Refusal {
  const { retrySeconds } = details;
  return { ok: false, code, message: errorMessage(code, details), ...(typeof retrySeconds === "number" ? { retrySeconds } : {}) };
}
