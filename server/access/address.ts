/** Where a connection comes from, and the cluster that follows from it. Addresses are kept only as keyed hashes. */
import { createHmac, randomBytes } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { BlockList, isIPv4, isIPv6 } from "node:net";
import type { AccountId } from "../../shared/ids.ts";
import { ADDRESS_KEY, KEY_BYTES } from "../core/secret-names.ts";
import type { Store } from "../core/store.ts";

const WEEK_MS = 7 * 24 * 3600 * 1000; // how long one key hashes addresses
const HASH_CHARACTERS = 24;

type ClusterStore = Pick<Store, "secret" | "secrets" | "dropSecret" | "hasOpenCluster">;

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
 * Stands for every client whose proxy appended something that is no address. They are one cluster and share the limits of one
 * address: taken for the proxy's own they would be private, and one person would count as many.
 */
export const UNREADABLE_ADDRESS = "unreadable";

/**
 * The client's address: the socket's own, or with `hops` trusted proxies the entry which the outermost of them appended
 * to X-Forwarded-For (counted from the right, because what stands further left is the client's to invent).
 * UNREADABLE_ADDRESS when that entry is no address.
 */
export function clientAddress(request: IncomingMessage, hops: number): string {
  const own = plain(request.socket.remoteAddress ?? "");
  if (hops === 0) return own;
  const header = request.headers["x-forwarded-for"];
  const chain = [...(typeof header === "string" ? header.split(",").map((entry) => plain(bare(entry.trim()))) : []), own];
  const entry = chain[Math.max(0, chain.length - 1 - hops)] ?? own;
  return isIPv4(entry) || isIPv6(entry) ? entry : UNREADABLE_ADDRESS;
}

/** Loopback, private, link-local and carrier-grade addresses say nothing about who is behind them. */
export function isPublicAddress(address: string): boolean {
  const kind = isIPv4(address) ? "ipv4" : isIPv6(address) ? "ipv6" : null;
  return kind !== null && !NON_PUBLIC.check(address, kind);
}

/** Whether an address is held to limits: behind a private one may stand a proxy with everybody. */
export function isLimited(address: string): boolean {
  return address === UNREADABLE_ADDRESS || isPublicAddress(address);
}

/** `203.0.113.0/24` or `2001:db8:1::/48`: one cluster. */
export function prefixOf(address: string): string {
  if (address === UNREADABLE_ADDRESS) return address;
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

/**
 * Names clusters. The name that is stored is hashed under the week's key, so that hashes of different weeks cannot be joined.
 * A cluster has further names, in memory alone: one under a key of this process, which recognises a network over the turn of
 * the week, and one under each older key that a replica from before this process still bears. A key goes when none does.
 */
export class ClusterNames {
  private readonly store: ClusterStore;
  private readonly ownKey = randomBytes(32);
  /** Keys by week, the newest first, as they were loaded in that week. */
  private loaded: { week: number; keys: Promise<Map<number, Uint8Array>> } | null = null;
  private firstWeek: number | null = null;

  constructor(store: ClusterStore) {
    this.store = store;
  }

  /** The cluster of `account` at `address` now; at an address that says nothing, the account alone. */
  async of(address: string, account: AccountId, now: number): Promise<string> {
    if (!isLimited(address)) return `account:${account}`;
    const prefix = prefixOf(address);
    const [kept, ...older] = [...(await this.keys(Math.floor(now / WEEK_MS)))].map(([week, key]) => `${nameOf(week)}${hash(key, prefix)}`);
    return [kept, `here:${hash(this.ownKey, prefix)}`, ...older].join(" ");
  }

  private async keys(week: number): Promise<Map<number, Uint8Array>> {
    if (!this.loaded || this.loaded.week < week) this.loaded = { week, keys: this.load(week) };
    const { loaded } = this;
    try {
      return await loaded.keys;
    } catch (error) {
      if (this.loaded === loaded) this.loaded = null;
      throw error;
    }
  }

  private async load(week: number): Promise<Map<number, Uint8Array>> {
    const { store } = this;
    this.firstWeek ??= week;
    const make = () => new Uint8Array(randomBytes(KEY_BYTES));
    const keys = new Map([[week, await store.secret(`${ADDRESS_KEY}${week}`, make)]]);
    for (const secret of await store.secrets(ADDRESS_KEY)) {
      const older = Number(secret.slice(ADDRESS_KEY.length));
      // Connections of a later week that this process has seen may still store that week's name.
      if (older === week || older > this.firstWeek) continue;
      if (older === this.firstWeek || (await store.hasOpenCluster(nameOf(older)))) keys.set(older, await store.secret(secret, make));
      else await store.dropSecret(secret);
    }
    return keys;
  }
}

function nameOf(week: number): string {
  return `net:${week}:`;
}

function hash(key: Uint8Array, prefix: string): string {
  return createHmac("sha256", key).update(prefix).digest("hex").slice(0, HASH_CHARACTERS);
}

/** Without the port that some proxies append: `8.8.8.8:1234`, `[2001:db8::1]:1234`. */
function bare(entry: string): string {
  return /^\[([^\]]*)\](?::\d{1,5})?$/.exec(entry)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(entry)?.[1] ?? entry;
}

export function plain(address: string): string {
  return address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
}
