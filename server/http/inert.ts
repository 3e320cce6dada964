/** What owners and volunteers uploaded is served so that no browser runs or shows it, whatever it is. */
import type { FastifyReply } from "fastify";

export function inert(reply: FastifyReply): FastifyReply {
  return reply.type("application/octet-stream").headers({
    "content-disposition": "attachment",
    "content-security-policy": "sandbox",
    "x-content-type-options": "nosniff",
  });
}
