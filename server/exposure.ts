/** Whether strangers can reach the coordinator, and what its operator must know then. */
import type { Logger } from "pino";
import { isPublicAddress } from "./access/address.ts";
import type { Config } from "./config.ts";

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

export function warnOfExposure(log: Logger, config: Pick<Config, "host" | "publicUrl" | "trustProxy">): void {
  if (isLoopback(config.host)) return;
  if (!config.publicUrl.startsWith("https:"))
    log.warn("Browsers offer WebGPU only over HTTPS or on localhost: put a proxy with a certificate in front and set publicUrl.");
  if (isPublicAddress(config.host) && config.trustProxy > 0)
    log.warn("trustProxy is set and this address is reachable directly: who comes past the proxy can claim any address.");
}
