/** The coordinator's HTTP API as the command line uses it. */

import type { Static, TSchema } from "typebox";
import Value from "typebox/value";
import { ErrorSchema, JobListSchema, type JobStatus, JobStatusSchema } from "../../shared/api.ts";
import { messageOf } from "../../shared/thrown.ts";
import { CliError, EXIT, exitOf } from "./exit.ts";
import { invocation } from "./invocation.ts";

/** Connecting and waiting for the first byte, per request; one that sends a file or a package takes as long as it takes. */
const ANSWER_TIMEOUT_MS = 120_000;

export interface Connection {
  /** Origin of the coordinator, without a slash at the end. */
  url: string;
  /** Owner's token, or undefined. */
  token: string | undefined;
}

interface Request {
  method?: "GET" | "POST" | "DELETE";
  headers?: Record<string, string>;
  body?: BodyInit | AsyncIterable<Uint8Array>;
}

/** A request that sends `body` as JSON. */
export function posted(body: unknown): Request {
  return { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

/** Sends a request. Throws `CliError`: unreachable, or what the coordinator answered. */
export async function send(connection: Connection, path: string, request: Request = {}): Promise<Response> {
  const headers: Record<string, string> = { ...request.headers };
  if (connection.token) headers.authorization = `Bearer ${connection.token}`;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), ANSWER_TIMEOUT_MS);
  let response: Response;
  try {
    // Undici takes any async iterable as a body, and wants to hear that it is sent before the answer is read.
    const init = {
      method: request.method ?? "GET",
      headers,
      body: request.body,
      duplex: "half",
      signal: typeof request.body === "object" ? undefined : abort.signal,
    };
    response = await fetch(`${connection.url}${path}`, init as RequestInit);
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const why = messageOf(cause);
    if (isUntrusted(cause)) throw untrusted(connection.url);
    throw new CliError(
      EXIT.unreachable,
      "unreachable",
      `${connection.url} cannot be reached: ${unreachable(why)}.`,
      `Start a coordinator with ${invocation("serve")}, or name it with --url or IDLEWAVE_URL.`,
    );
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return response;
  throw refusal(connection, response.status, await response.text());
}

/** Code of the failure when nobody whom this machine trusts vouches for the coordinator. */
export const UNTRUSTED = "untrusted-certificate";

function isUntrusted(cause: unknown): boolean {
  return cause instanceof Error && "code" in cause && UNSIGNED.has(String(cause.code));
}

/** https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const UNSIGNED: ReadonlySet<string> = new Set([
  "CERT_SIGNATURE_FAILURE",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function untrusted(url: string): CliError {
  const todo = "Give the fingerprint that serve --tls printed with --pin or IDLEWAVE_PIN; a link to join has it in it.";
  return new CliError(EXIT.failure, UNTRUSTED, `Nobody whom this machine trusts signed the certificate of ${url}.`, todo);
}

function unreachable(why: string): string {
  if (why === "bad port") return "HTTP clients refuse this port";
  return /wrong version number|packet length too long/i.test(why) ? "no HTTPS is spoken there; try http://" : why;
}

/** Sends a request and reads a JSON answer of `schema`. */
export async function sendJson<Schema extends TSchema>(
  connection: Connection,
  path: string,
  schema: Schema,
  request: Request = {},
): Promise<Static<Schema>> {
  const answer: unknown = parse(await (await send(connection, path, request)).text());
  if (Value.Check(schema, answer)) return answer as Static<Schema>;
  throw notOurs(connection, `its answer to ${path} has another shape`);
}

/** The job with this number, or the latest of this name. */
export async function findJob(connection: Connection, job: string): Promise<JobStatus> {
  if (isJobNumber(job)) {
    return sendJson(connection, `/api/jobs/${job}`, JobStatusSchema).catch((error: unknown) => {
      throw error instanceof CliError && error.body.code === "not-found" ? noJob(job) : error;
    });
  }
  return (await jobsNamed(connection, job))[0];
}

/** The jobs of this name, the latest first: the owner's own, where there are any. */
export async function jobsNamed(connection: Connection, wanted: string): Promise<[JobStatus, ...JobStatus[]]> {
  for (const path of connection.token === undefined ? ["/api/jobs"] : ["/api/jobs?own=true", "/api/jobs"]) {
    const { jobs } = await sendJson(connection, path, JobListSchema);
    const [latest, ...older] = jobs.filter(({ name }) => name === wanted).sort((a, b) => b.id - a.id);
    if (latest) return [latest, ...older];
  }
  throw noJob(wanted);
}

export function isJobNumber(job: string): boolean {
  return /^[1-9][0-9]{0,8}$/.test(job);
}

function noJob(job: string): CliError {
  const todo = `${invocation("status")} lists those there are; a draft is there for its owner's token alone.`;
  return new CliError(EXIT.failure, "not-found", `There is no job ${job}.`, todo);
}

function refusal(connection: Connection, status: number, text: string): CliError {
  const body = parse(text);
  // Too many requests, a coordinator that stops, or a proxy without one behind it.
  const passing = status === 429 || status >= 500;
  if (!Value.Check(ErrorSchema, body)) return notOurs(connection, `it answered ${status}`, passing);
  return new CliError(exitOf(body.code), body.code, body.message, body.todo, body.faults, passing);
}

function notOurs(connection: Connection, why: string, passing = false): CliError {
  const todo = "Check --url, and that client and coordinator have the same version.";
  return new CliError(EXIT.failure, "bad-answer", `${connection.url} does not speak as a coordinator: ${why}.`, todo, undefined, passing);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
