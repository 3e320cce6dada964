/** Every failure of a request as an ErrorSchema body. */
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import type { ErrorBody } from "../../shared/api.ts";
import { counted } from "../../shared/counted.ts";
import { errorRetryMs, type Fault, IdlewaveError } from "../../shared/errors.ts";
import { MORE_LATER, type Refused } from "../admit/package.ts";
import { invalidText } from "./invalid.ts";

/** A request's body that is no package and no result. */
export const MAX_JSON_BYTES = 64 * 1024;

/** A job package that was refused, with every fault. */
export class PackageRefused extends IdlewaveError {
  readonly faults: Fault[];

  constructor({ faults, more }: Pick<Refused, "faults" | "more">) {
    super("refused", { faults: counted(faults.length, "fault"), more: more ? ` ${MORE_LATER}` : "" });
    this.faults = faults;
  }
}

export function bodyOf(error: IdlewaveError): ErrorBody {
  const { code, message, todo } = error;
  return error instanceof PackageRefused ? { code, message, todo, faults: error.faults } : { code, message, todo };
}

/** Fastify's own errors in the words of our table; what is unknown is ours, logged, and told to nobody. */
export function asIdlewaveError(error: unknown, request: FastifyRequest): { error: IdlewaveError; status: number; ours: boolean } {
  if (error instanceof IdlewaveError) return { error, status: error.http, ours: error.code === "internal" };
  const { validation, validationContext, statusCode, message } = error as Partial<FastifyError>;
  if (validation) return known(new IdlewaveError("bad-request", { why: invalidText(validation, validationContext, request) }));
  if (statusCode === 413) {
    const limit = request.routeOptions.bodyLimit ?? request.server.initialConfig.bodyLimit ?? MAX_JSON_BYTES;
    const bytes = request.headers["content-length"] ?? `more than ${limit}`;
    return known(new IdlewaveError("too-large", { what: "The request's body", bytes, limit }));
  }
  if (statusCode === 415) {
    const type = request.headers["content-type"]?.slice(0, 100) ?? "none";
    return known(new IdlewaveError("wrong-type", { type }));
  }
  // 403: an address that leads out of the folder of pages; what may be there is not told.
  if (statusCode === 404 || statusCode === 403) return known(new IdlewaveError("not-found", { what: "such page" }));
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return known(new IdlewaveError("bad-request", { why: asSentence(message ?? "The request is malformed") }), statusCode);
  return { error: new IdlewaveError("internal"), status: 500, ours: true };
}

/** Fastify's messages and its plugins' end with a full stop or without one. */
function asSentence(text: string): string {
  return /[.?!)]$/.test(text) ? text : `${text}.`;
}

function known(error: IdlewaveError, status = error.http): { error: IdlewaveError; status: number; ours: false } {
  return { error, status, ours: false };
}

export function sendError(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { error, status, ours } = asIdlewaveError(thrown, request);
  const { raw } = request;
  const hungUp = raw.destroyed && !raw.complete;
  if (ours && hungUp) request.log.debug({ err: thrown, url: request.url }, "a sender hung up");
  else if (ours) request.log.error({ err: thrown, url: request.url }, "a request failed");
  const retryMs = errorRetryMs(error.code, error.details);
  if (retryMs > 0) void reply.header("retry-after", Math.ceil(retryMs / 1000));
  void reply.status(status).type("application/json; charset=utf-8").send(bodyOf(error));
}
