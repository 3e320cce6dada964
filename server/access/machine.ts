/** Under which names and addresses this machine is reached. */
import { isIP, isIPv4 } from "node:net";
import { hostname, type NetworkInterfaceInfo, networkInterfaces } from "node:os";
import { isPublicAddress } from "./address.ts";

export interface Names {
  dns: string[];
  ip: string[];
}

type Interfaces = NodeJS.Dict<Pick<NetworkInterfaceInfo, "address" | "internal">[]>;

/** Networks of containers and virtual machines, which nobody else is in. */
const VIRTUAL = /^(docker|br-|veth|virbr|vmnet|vboxnet|tailscale|utun)/;
const DNS_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/** `more`: hosts that the operator named, as `idlewave.example` or `192.168.1.5`. */
export function namesOf(more: readonly string[], interfaces: Interfaces = networkInterfaces(), host = hostname()): Names {
  const own = host.toLowerCase();
  const local = own.includes(".") ? [] : [`${own}.local`];
  const addresses = addressesOf(interfaces).map(({ address }) => address);
  const all = ["localhost", "127.0.0.1", "::1", own, ...local, ...more, ...addresses];
  const told = [...new Set(all.map((name) => name.replace(/^\[|\]$/g, "")))].filter((name) => name !== "0.0.0.0" && name !== "::");
  return { dns: told.filter((name) => isIP(name) === 0 && DNS_NAME.test(name)), ip: told.filter((name) => isIP(name) !== 0) };
}

/** What others in the same network reach this machine at: undefined where it has no address but its own. */
export function lanAddress(interfaces: Interfaces = networkInterfaces()): string | undefined {
  const reachable = addressesOf(interfaces).filter(({ address }) => isIPv4(address) && !address.startsWith("169.254."));
  const rank = ({ name, address }: (typeof reachable)[number]) => (VIRTUAL.test(name) ? 2 : isPublicAddress(address) ? 1 : 0);
  return reachable.sort((a, b) => rank(a) - rank(b))[0]?.address;
}

/** Without the link-local ones of IPv6, which no address of a page can name. */
function addressesOf(interfaces: Interfaces): { name: string; address: string }[] {
  return Object.entries(interfaces).flatMap(([name, all]) =>
    (all ?? []).filter(({ internal, address }) => !internal && !/^fe80:/i.test(address)).map(({ address }) => ({ name, address })),
  );
}

/** Where a coordinator listens, and how. */
interface Place {
  host: string;
  /** "" where none was set. */
  publicUrl: string;
  /** It speaks HTTPS itself. */
  isSecure: boolean;
}

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host === "[::1]" || host.startsWith("127.");
}

/** The origin under which others reach a coordinator; undefined where it listens for this machine alone. */
export function networkOrigin({ host, publicUrl, isSecure }: Place, port: number): string | undefined {
  if (publicUrl !== "") return publicUrl;
  if (isLoopback(host)) return undefined;
  const address = host === "0.0.0.0" || host === "::" ? lanAddress() : host;
  if (address === undefined) return undefined;
  return new URL(`${isSecure ? "https" : "http"}://${address.includes(":") ? `[${address}]` : address}:${port}`).origin;
}
