/** Whether others can reach the coordinator, and what its operator must know then. */
import type { Logger } from "pino";
import { isPublicAddress } from "./access/address.ts";
import { isLoopback } from "./access/machine.ts";
import { type Config, speaksTls } from "./config.ts";

const PLAIN =
  "Browsers give WebGPU to pages under https:// and to localhost alone, so those of other machines can look here and not lend. What works: --tls, a certificate of its own making; a proxy with a certificate in front (docs/operations.md, HTTPS); a tunnel that begins in https:// (not tried). The last two want publicUrl set.";

export function warnOfExposure(log: Logger, config: Pick<Config, "host" | "publicUrl" | "trustProxy" | "tls" | "tlsCert">): void {
  if (isLoopback(config.host)) return;
  if (!config.publicUrl.startsWith("https:") && !speaksTls(config)) log.warn(PLAIN);
  if (isPublicAddress(config.host) && config.trustProxy > 0)
    log.warn("trustProxy is set and this address is reachable directly: who comes past the proxy can claim any address.");
}
