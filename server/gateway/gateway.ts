/** The volunteers' side: Socket.IO over WebSocket alone, every message bounded and checked before anything believes it. */
import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { Server, type Socket } from "socket.io";
import type { ErrorCode } from "../../shared/errors.ts";
import type { AccountId, HostId, PoolId } from "../../shared/ids.ts";
import { NONCE_LIFE_MS, SocketEvent } from "../../shared/protocol.ts";
import { MAX_FRAME_BYTES } from "../../shared/wire.ts";
import { ClusterNames, clientAddress, isLimited, isPublicAddress, UNREADABLE_ADDRESS } from "../access/address.ts";
import type { Disk } from "../access/disk.ts";
import type { PassFacts } from "../access/pass.ts";
import type { Plans } from "../access/plans.ts";
import type { Pools } from "../access/pools.ts";
import type { TokenKeys } from "../access/token.ts";
import type { Coordinator, Notice } from "../coordinator.ts";
import type { BlobStore } from "../core/blob-store.ts";
import type { Store } from "../core/store.ts";
import { Connection } from "./connection.ts";
import type { ConnectionContext } from "./context.ts";
import { isOwnOrigin } from "./handshake.ts";
import { Lent } from "./lent.ts";
import { AddressLimits } from "./limits.ts";
import { accountsOf, Notices } from "./notices.ts";
import { BytePace, ClaimPace, IdleAnswers, NewKeyPace, OwnUnitsPace } from "./pace.ts";
import { guardedParser } from "./parser.ts";
import type { Signing } from "./signing.ts";
import { type Writing, watchUnread } from "./unread.ts";
import { ignoreOtherUpgrades } from "./upgrade.ts";
import { Visits } from "./visits.ts";

/** A frame and Socket.IO's envelope around it. */
const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES + 4096;
const SOCKET_PATH = "/socket.io/";
/** A line whose other end does not answer its goodbye, a laptop asleep say, is cut off after so long, ms. */
const GOODBYE_MS = 1_000;
/** This many volunteers, all from private addresses, on a coordinator that listens publicly: a proxy is likely. */
const SUSPICIOUS_PRIVATE = 5;

/** Engine.IO answers what is no WebSocket by itself, before anything else hears of it. */
function protectAnswers(request: IncomingMessage, response: ServerResponse): void {
  if (!request.url?.startsWith(SOCKET_PATH)) return;
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("content-security-policy", "default-src 'none'");
  response.setHeader("cache-control", "no-store");
}

/** What the handshake looks at of the request that opened the line. */
function lineFacts({ headers, socket }: IncomingMessage): Pick<IncomingMessage, "headers" | "socket"> {
  const { origin, forwarded } = headers;
  return { headers: { origin, forwarded, "x-forwarded-for": headers["x-forwarded-for"] }, socket };
}

/** It would be held as long as the line, some kilobytes each (https://socket.io/docs/v4/memory-usage/); Engine.IO's listeners hold its shell all the same. */
function forgetRequest({ conn, handshake, request }: Socket): void {
  (conn as { request: IncomingMessage | null }).request = null;
  request.headers = {};
  request.rawHeaders = [];
  handshake.headers = {};
  handshake.query = {};
}

/** The part of Engine.IO's socket that is used here. */
interface RawSocket extends Writing {
  request: IncomingMessage;
  once(event: "close", listener: () => void): void;
}

type Line = IncomingMessage["socket"];

export interface GatewayOptions {
  coordinator: Coordinator;
  store: Store;
  blobs: BlobStore;
  plans: Plans;
  tokens: TokenKeys;
  pools: Pools;
  signing: Signing;
  disk: Pick<Disk, "makeSure" | "reserve">;
  /** Told of each error that a volunteer is answered, of connections that are not let in, and of those that read nothing. */
  onRefused: (code: ErrorCode | "connections" | "unread") => void;
  /** How long answers that are on their way are waited for when it closes, ms. */
  drainMs: number;
  publicUrl: string;
  trustProxy: number;
  allowSoftware: boolean;
  /** That may lend in one site's name at a time. */
  visitorsPerSite: number;
  /** Whether this token makes its host the auditor. */
  mayAudit: (token: string) => Promise<boolean>;
  listensPublicly: boolean;
  log: { error(details: object, message: string): void; warn(message: string): void };
  clock?: () => number;
}

export class Gateway {
  private readonly io: Server;
  private readonly options: GatewayOptions;
  private readonly notices: Notices;
  private readonly limits = new AddressLimits();
  private readonly lines = new Set<Line>();
  private readonly auditors = new Map<Socket, string>();
  private readonly serving = new Map<Socket, PassFacts>();
  private readonly visits: Visits;
  private readonly stopListening: () => void;
  private privateOnly = 0;
  private hosts = 0;
  private stopping = false;
  private toldUnreadable = false;
  private readonly answers = new Set<Promise<void>>();

  constructor(http: HttpServer, options: GatewayOptions) {
    const clock = options.clock ?? Date.now;
    const onFailure = (error: unknown) => options.log.error({ err: error }, "the gateway failed on a volunteer's message");
    this.options = options;
    this.visits = new Visits(options.visitorsPerSite);
    const accounts = accountsOf(options);
    this.notices = new Notices(accounts, onFailure);
    const idles = new IdleAnswers();
    this.stopListening = options.coordinator.on((effect) => {
      if (effect.type === "pool-left") this.dropServing(effect);
      const row = "job" in effect ? options.coordinator.job(effect.job) : undefined;
      if (effect.type === "job-withdrawn" && row?.pool !== undefined) this.tellPool(row.pool, SocketEvent.Withdraw, { job: row.id });
      else this.notices.tell(effect);
      if (effect.type !== "job-changed" || row?.state !== "running") return;
      // Whoever found nothing would ask again in up to a minute.
      idles.clear();
      if (row.pool === undefined) this.io.emit(SocketEvent.Work);
      else this.tellPool(row.pool, SocketEvent.Work);
    });
    const clusters = new ClusterNames(options.store);
    const claims = new ClaimPace();
    const newKeys = new NewKeyPace();
    const bytes = new BytePace();
    const ownUnits = new OwnUnitsPace();
    const { coordinator, store, blobs, plans, tokens, pools, signing, disk, onRefused, allowSoftware, mayAudit } = options;
    const { notices, auditors, serving, visits } = this;
    const context: ConnectionContext = {
      ...{ coordinator, store, blobs, plans, tokens, pools, signing, disk, onRefused, allowSoftware, mayAudit },
      ...{ clock, onFailure, clusters, idles, claims, newKeys, bytes, ownUnits, notices, accounts, auditors, serving, visits },
      lent: new Lent(),
      nextHost: () => ++this.hosts as HostId,
      isStopping: () => this.stopping,
      answering: (answer) => {
        this.answers.add(answer);
        void answer.finally(() => this.answers.delete(answer));
      },
    };
    this.io = new Server(http, {
      transports: ["websocket"],
      path: SOCKET_PATH,
      serveClient: false,
      destroyUpgrade: false,
      perMessageDeflate: false,
      httpCompression: false,
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      connectTimeout: NONCE_LIFE_MS,
      parser: guardedParser,
      allowRequest: (request, allow) => {
        const address = this.addressOf(request);
        const admitted = !isLimited(address) || this.limits.admits(address, clock());
        if (!admitted) options.onRefused("connections");
        allow(admitted ? null : "too many connections of this address", admitted);
      },
    });
    ignoreOtherUpgrades(http, SOCKET_PATH);
    http.prependListener("request", protectAnswers);
    this.io.engine.on("connection", (raw: RawSocket) => {
      const line = raw.request.socket;
      this.lines.add(line);
      line.once("close", () => this.lines.delete(line));
      watchUnread(raw, () => {
        if (!line.destroyed) options.onRefused("unread");
        // Who does not read hears no goodbye.
        line.destroy();
      });
      const address = this.addressOf(raw.request);
      if (!isLimited(address)) return;
      this.limits.enter(address, clock());
      raw.once("close", () => this.limits.leave(address));
    });
    this.io.on("connection", (socket) => {
      const address = this.addressOf(socket.request);
      const line = lineFacts(socket.request);
      forgetRequest(socket);
      this.suspectProxy(address);
      const ownOrigin = (origin: string) => {
        const page = line.headers.origin;
        return (page === undefined || page === origin) && isOwnOrigin(origin, options.publicUrl, line);
      };
      new Connection(socket, address, ownOrigin, context);
    });
  }

  /** Accounts with an authenticated connection now. */
  get accounts(): number {
    return this.notices.accounts;
  }

  /** Of them those that lend for the public: who serves pools alone is nobody's business. */
  get publicAccounts(): number {
    const inPools = new Map<AccountId, number>();
    for (const { account } of this.serving.values()) inPools.set(account, (inPools.get(account) ?? 0) + 1);
    let hidden = 0;
    for (const [account, lines] of inPools) if (this.notices.linesOf(account) === lines) hidden++;
    return this.accounts - hidden;
  }

  /** Of a pool's job its members alone hear. */
  private tellPool(pool: PoolId, event: string, ...message: object[]): void {
    for (const [socket, by] of this.serving) if (by.pool === pool) socket.emit(event, ...message);
  }

  /** Whoever is a member no more computes no more: what is under way on its side ends with the line. */
  private dropServing({ pool, account }: Extract<Notice, { type: "pool-left" }>): void {
    for (const [socket, by] of [...this.serving])
      if (by.pool === pool && (account === null || by.account === account)) socket.disconnect(true);
  }

  /** A token was revoked: disconnects auditors that have none any more. They are gone when it resolves. */
  async dropAuditors(): Promise<void> {
    for (const [socket, token] of [...this.auditors]) if (!(await this.options.mayAudit(token))) socket.disconnect(true);
  }

  /** The site of this origin was switched off: nothing is lent in its name any more when it returns. */
  endVisits(origin: string): void {
    this.visits.switchOff(origin);
  }

  /**
   * Turns new frames away, lets out the answers that are on their way, and disconnects everybody. An answer that takes longer
   * than `drainMs` is not waited for: the volunteer sends again. When it resolves no line is left.
   */
  async close(): Promise<void> {
    this.stopping = true;
    await Promise.race([Promise.all(this.answers), delay(this.options.drainMs, undefined, { ref: false })]);
    this.stopListening();
    this.notices.close();
    this.io.disconnectSockets(true);
    this.io.engine.close();
    await this.cutOff();
  }

  private async cutOff(): Promise<void> {
    const closed = [...this.lines].map((line) => new Promise<void>((resolve) => line.once("close", resolve)));
    const cut = setTimeout(() => {
      for (const line of this.lines) line.destroy();
    }, GOODBYE_MS);
    await Promise.all(closed);
    clearTimeout(cut);
  }

  private addressOf(request: IncomingMessage): string {
    const address = clientAddress(request, this.options.trustProxy);
    if (address === UNREADABLE_ADDRESS && !this.toldUnreadable) {
      this.toldUnreadable = true;
      this.options.log.warn(
        "A proxy's entry in X-Forwarded-For is no address, so all clients it stands for count as one. Check trustProxy and what the proxy appends.",
      );
    }
    return address;
  }

  private suspectProxy(address: string): void {
    if (!this.options.listensPublicly || this.privateOnly < 0) return;
    this.privateOnly = isPublicAddress(address) ? -1 : this.privateOnly + 1;
    if (this.privateOnly !== SUSPICIOUS_PRIVATE) return;
    this.privateOnly = -1;
    this.options.log.warn(
      "All volunteers come from private addresses although this coordinator listens publicly. If a proxy stands in front, set trustProxy to the number of proxies; else one person counts as many.",
    );
  }
}
