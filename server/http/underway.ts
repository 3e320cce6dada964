/** Each request has an id that the log and the answer share, and is under way until its answer is out. */
import { randomBytes } from "node:crypto";
import type { Drain } from "../access/drain.ts";
import type { App } from "./context.ts";

/** Requests of one start have ids in order; those of another start are no mistake for them. */
export function requestIds(): () => string {
  const start = randomBytes(4).toString("hex");
  let count = 0;
  return () => `${start}-${(++count).toString(36)}`;
}

/** While the coordinator stops nothing new is begun; reading, and asking whether it is well, still goes. */
export function followRequests(app: App, drain: Drain): void {
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-request-id", request.id);
    // First: an answer that says why is waited for too.
    reply.raw.once("close", drain.enter());
    if (request.method !== "GET" && request.method !== "HEAD") drain.makeSure();
  });
}
