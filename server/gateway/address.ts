/** Where a connection comes from, and the cluster that follows from it. Addresses are kept only as keyed hashes. */
import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { AccountId } from "../../shared/ids.ts";
import type { Store } from "../core/store.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000; // how long one key hashes addresses
const HASH_CHARACTERS = 24;

const NON_PUBLIC = new BlockList();
for (const [net, bits] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.168.0.0", 16],
] as const)
  NON_PUBLIC.addSubnet(net, bits, "ipv4");
for (const [net, bits] of [
  ["::", 127],
  ["fc00::", 7],
  ["fe80::", 10],
] as const)
  NON_PUBLIC.addSubnet(net, bits, "ipv6");

/**
 * The client's address: the socket's own, or with `hops` trusted proxies the entry which the outermost of them appended
 * to X-Forwarded-For (counted from the right, because what stands further left is the client's to invent).
 */
export function clientAddress(request: IncomingMessage, hops: number): string {
  const own = plain(request.socket.remoteAddress ?? "");
  if (hops === 0) return own;
  const header = request.headers["x-forwarded-for"];
  const chain = [...(typeof header === "string" ? header.split(",").map((entry) => plain(entry.trim())) : []), own];
  const entry = chain[Math.max(0, chain.length - 1 - hops)] ?? own;
  return isIPv4(entry) || isIPv6(entry) ? entry : own;
}

/** Loopback, private, link-local and carrier-grade addresses say nothing about who is behind them. */
export function isPublicAddress(address: string): boolean {
  const kind = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
  return kind !== null && !NON_PUBLIC.check(address, kind);
}

/** `203.0.113.0/24` or `2001:db8:1::/48`: one cluster. */
export function prefixOf(address: string): string {
  return isIPv4(address) ? `${address.split(".").slice(0, 3).join(".")}.0/24` : `${groupsOf(address, 3)}::/48`;
}

/** `203.0.113.7` or `2001:db8:1:2::/64`: what one household or server has, and may change within. */
export function lineOf(address: string): string {
  return isIPv6(address) ? `${groupsOf(address, 4)}::/64` : address;
}

/** The first groups of an IPv6 address. */
function groupsOf(address: string, count: number): string {
  const [head = "", tail] = (address.split("%")[0] as string).split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail ? tail.split(":") : [];
  const groups = tail === undefined ? left : [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0"), ...right];
  return groups
    .slice(0, count)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}

/** Names clusters. The key changes each week, so that hashes of different weeks cannot be joined. */
export class ClusterNames {
  private readonly store: Pick<Store, "secret">;
  private readonly keys = new Map<number, Promise<Uint8Array>>();

  constructor(store: Pick<Store, "secret">) {
    this.store = store;
  }

  /** The cluster of `account` at `address` now; at an address that says nothing, the account alone. */
  async of(address: string, account: AccountId, now: number): Promise<string> {
    if (!isPublicAddress(address)) return `account:${account}`;
    const week = Math.floor(now / WEEK_MS);
    let key = this.keys.get(week);
    if (!key) {
      this.keys.clear();
      key = this.store.secret(`address-key/${week}`, () => new Uint8Array(randomBytes(32)));
      this.keys.set(week, key);
    }
    return `net:${createHmac("sha256", await key)
      .update(prefixOf(address))
      .digest("hex")
      .slice(0, HASH_CHARACTERS)}`;
  }
}

function plain(address: string): string {
  return address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
}
