/** The origin that links are made with: the public one, else that which others of the network reach, else that which was asked. */
import type { FastifyRequest } from "fastify";
import { isLoopback, networkOrigin } from "../access/machine.ts";
import { type Config, speaksTls } from "../config.ts";

export function originOf(
  { protocol, host, hostname, socket }: FastifyRequest,
  config: Pick<Config, "host" | "publicUrl" | "tls" | "tlsCert">,
): string {
  if (config.publicUrl !== "") return config.publicUrl;
  const asked = `${protocol}://${host}`;
  // Whoever asks on the coordinator's own machine makes links for others.
  if (!isLoopback(hostname)) return asked;
  return networkOrigin({ ...config, isSecure: speaksTls(config) }, socket.localPort ?? 0) ?? asked;
}
