/**
 * The handshake of one connection: `challenge` (a nonce) → `hello` (a key, a signature over origin, socket and nonce) →
 * authenticated, or refused and closed. A nonce is good once, for 30 s, on its own socket.
 */
import { hash, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Compile } from "typebox/compile";
import { toHex } from "../../shared/bytes.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { PoolId, PublicKeyHex } from "../../shared/ids.ts";
import { type Hello, HelloSchema, type Host } from "../../shared/messages.ts";
import { PLAN_VERSION } from "../../shared/plan.ts";
import { authMessage, type Challenge, NONCE_BYTES, NONCE_LIFE_MS } from "../../shared/protocol.ts";
import { ORIGIN_PATTERN } from "../../shared/site.ts";
import { WIRE_VERSION } from "../../shared/wire.ts";
import { isStrictKey, verifies } from "../ed25519.ts";

const helloChecker = Compile(HelloSchema);

export interface Introduction {
  publicKey: PublicKeyHex;
  host: Host;
  /** The token under which it wants to be the auditor; undefined: it is a volunteer. Not checked. */
  audit: string | undefined;
  /** The pool that it wants to serve; undefined: public jobs. Its membership is not checked. */
  pool: PoolId | undefined;
  /** Origin of the site whose visitor it says it is; undefined: none. Not checked. */
  site: string | undefined;
  /** How long ago the visitor said yes to it, ms. */
  agreedMs: number | undefined;
  /** SHA-256 of what it signed, 32 bytes: the session's name, and where its running hash begins. */
  session: Uint8Array;
}

export class Handshake {
  private readonly nonce = randomBytes(NONCE_BYTES);
  private readonly issuedAt: number;
  private readonly allowSoftware: boolean;
  private used = false;

  constructor(now: number, allowSoftware: boolean) {
    this.issuedAt = now;
    this.allowSoftware = allowSoftware;
  }

  challenge(): Challenge {
    return { wire: WIRE_VERSION, nonce: this.nonce, allowSoftware: this.allowSoftware };
  }

  /**
   * Checks what the client answered. `ownOrigin` tells whether an origin is this coordinator's. Throws `IdlewaveError`
   * `wire-version`, `plan-version`, `bad-message`, `bad-signature` or `software-adapter`; the nonce is spent either way.
   */
  check(hello: unknown, socketId: string, ownOrigin: (origin: string) => boolean, now: number): Introduction {
    const spent = this.used;
    this.used = true;
    if (typeof hello !== "object" || hello === null) throw malformed("hello is no object");
    // What a hello of another version has besides is not for this one to judge.
    const { wire, plan } = hello as Partial<Record<keyof Hello, unknown>>;
    if (typeof wire === "string") throw malformed("wire is no number");
    if (wire !== WIRE_VERSION) throw new IdlewaveError("wire-version", { got: Number(wire) || 0, want: WIRE_VERSION });
    if (typeof plan !== "number" || !Number.isInteger(plan) || plan < PLAN_VERSION) {
      throw new IdlewaveError("plan-version", { got: Number(plan) || 1, want: PLAN_VERSION });
    }
    if (!helloChecker.Check(hello)) {
      const fault = helloChecker.Errors(hello)[0];
      throw malformed(`hello${(fault?.instancePath ?? "").replaceAll("/", ".")} ${fault ? whyOf(fault) : "is wrong"}`);
    }
    const { origin, host, audit, pool, site, agreedMs } = hello;
    if (pool !== undefined && audit !== undefined) throw malformed("the auditor serves no pool");
    if (site !== undefined && (pool ?? audit) !== undefined) throw malformed("who serves a pool, and the auditor, is no site's visitor");
    const [key, signed] = [new Uint8Array(hello.publicKey), new Uint8Array(hello.signature)];
    if (spent) throw new IdlewaveError("bad-signature", { why: "the nonce was used before" });
    if (now - this.issuedAt > NONCE_LIFE_MS) throw new IdlewaveError("bad-signature", { why: "the nonce is too old" });
    if (!ownOrigin(origin))
      throw new IdlewaveError("bad-signature", { why: "it was made for another origin than this coordinator's (its publicUrl)" });
    if (!isStrictKey(key)) throw new IdlewaveError("bad-signature", { why: "its key is a point that belongs to nobody" });
    const message = authMessage(origin, socketId, this.nonce, key);
    if (!verifies(key, message, signed))
      throw new IdlewaveError("bad-signature", { why: "it is not this key's signature of this challenge" });
    if (host.software && !this.allowSoftware && audit === undefined) throw new IdlewaveError("software-adapter");
    return {
      publicKey: toHex(key) as PublicKeyHex,
      host,
      audit,
      site,
      agreedMs,
      pool: pool as PoolId | undefined,
      session: hash("sha256", message, "buffer"),
    };
  }
}

/**
 * Whether `origin` is this coordinator's. What a client says in its Host header tells nothing: another coordinator that passes
 * on a hello made for it would write its own name there. With `publicUrl` it alone is ours, and loopback names for whoever
 * connects from this machine without a proxy; without it loopback names, and the address that the connection came in at.
 */
export function isOwnOrigin(origin: string, publicUrl: string, { headers, socket }: Pick<IncomingMessage, "headers" | "socket">): boolean {
  if (publicUrl !== "" && origin === publicUrl) return true;
  if (LOOPBACK_ORIGIN.test(origin)) return publicUrl === "" || (isLoopbackPeer(socket.remoteAddress) && !isForwarded(headers));
  if (publicUrl !== "") return false;
  const address = (socket.localAddress ?? "").replace(/^::ffff:(?=[\d.]+$)/, "");
  const scheme = "encrypted" in socket ? "https" : "http";
  return origin === new URL(`${scheme}://${address.includes(":") ? `[${address}]` : address}:${socket.localPort}`).origin;
}

const LOOPBACK_ORIGIN = /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/;

function isLoopbackPeer(address: string | undefined): boolean {
  return address !== undefined && /^(::1|(::ffff:)?127\.[\d.]+)$/.test(address);
}

function isForwarded(headers: IncomingMessage["headers"]): boolean {
  return headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
}

function whyOf({ keyword, params, message }: ReturnType<typeof helloChecker.Errors>[number]): string {
  if (keyword !== "pattern") return message;
  return params.pattern === ORIGIN_PATTERN ? "is no origin: scheme, host and port alone" : "has characters that cannot be seen";
}

function malformed(why: string): IdlewaveError {
  return new IdlewaveError("bad-message", { why });
}
