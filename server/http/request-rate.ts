/** How many requests one public address may make a minute. */
import rateLimit from "@fastify/rate-limit";
import { IdlewaveError } from "../../shared/errors.ts";
import { clientAddress, isLimited, lineOf } from "../access/address.ts";
import type { App } from "./context.ts";

/** A page polls a picture and a handful of jobs. */
const REQUESTS_A_MINUTE = 3_000;

export async function limitRequests(app: App, trustProxy: number): Promise<void> {
  await app.register(rateLimit, {
    max: REQUESTS_A_MINUTE,
    timeWindow: "1 minute",
    // Behind a private address may stand a proxy with everybody.
    keyGenerator: (request) => lineOf(clientAddress(request.raw, trustProxy)),
    allowList: (request) => !isLimited(clientAddress(request.raw, trustProxy)),
    errorResponseBuilder: (_request, limit) =>
      new IdlewaveError("too-fast", { limit: `${limit.max} a minute`, retrySeconds: Math.ceil(limit.ttl / 1000) }),
  });
}
