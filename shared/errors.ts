/**
 * Every error a person or a program can meet, once: code, number on the wire, HTTP status, message and way out.
 * `{name}` in a message is filled from the details of the occurrence.
 */
import { fill } from "./fill.ts";

export const ERRORS = {
  "wire-version": {
    wire: 1,
    http: 400,
    message: "This client speaks wire version {got}, this coordinator {want}.",
    todo: "Reload the page or update the client.",
  },
  banned: {
    wire: 27,
    http: 403,
    message: "This account gets no more work: the coordinator computed units of it again, and twice its result was wrong.",
    todo: "Ask the network's operator, whom the page names.",
  },
  "not-member": {
    wire: 40,
    http: 403,
    message: "This account is no member of pool {pool}, or the pool is off.",
    todo: "Ask whoever runs the pool for a link to join it.",
  },
  "bad-invite": {
    wire: 41,
    http: 404,
    message: "This link joins no pool: {why}.",
    todo: "Ask whoever gave it to you for a new one.",
  },
  "bad-pass": {
    wire: 42,
    http: 401,
    message: "The pass to a pool is not good: {why}.",
    todo: "Lend to the pool again, which gives a new one, or ask without it.",
  },
  "too-many-jobs": {
    wire: 28,
    http: 409,
    message: "You have {limit} jobs that have not ended, and no more are allowed.",
    todo: "Wait for one to end or cancel one; the operator can allow more by jobsPerOwner.",
  },
  "bad-certificate": {
    wire: 44,
    http: 403,
    message: "The account's signature is not taken: {why}.",
    todo: "Sign it anew with the account's key, as docs/protocol.md says.",
  },
  "device-revoked": {
    wire: 45,
    http: 403,
    message: "This device was taken off its account, and lends no more.",
    todo: "Begin with a new key: forget this one in the browser, or move its identity file away.",
  },
  "stale-wish": {
    wire: 46,
    http: 409,
    message: "Another device of the account wished something of this one meanwhile: its last wish is number {turn}.",
    todo: "Ask which devices there are again, then wish.",
  },
  "taken-back": {
    wire: 47,
    http: 403,
    message: "The yes was taken back from the visitor's account, for all sites at once.",
    todo: "Forget it, and ask anew: a yes that is said from now on counts.",
  },
  "plan-version": {
    wire: 26,
    http: 400,
    message: "This client runs plans of version {got}, this coordinator's have version {want}.",
    todo: "Reload the page or update the client.",
  },
  "bad-frame": { wire: 2, http: 400, message: "The frame is malformed: {why}.", todo: "See docs/protocol.md." },
  "bad-message": { wire: 3, http: 400, message: "The message is malformed: {why}.", todo: "See docs/protocol.md." },
  "not-authenticated": {
    wire: 4,
    http: 401,
    message: "Nothing can be claimed or submitted before the handshake.",
    todo: "Answer the challenge with hello first.",
  },
  "bad-signature": {
    wire: 5,
    http: 401,
    message: "The handshake's signature does not verify: {why}.",
    todo: "Sign the challenge of this connection with the key that you present.",
  },
  "bad-statement": {
    wire: 29,
    http: 403,
    message: "The signature of the statement does not verify.",
    todo: "Sign the running hash with the key of this account, as docs/protocol.md says.",
  },
  "unknown-statement": {
    wire: 30,
    http: 404,
    message:
      "No unsigned statement of this account ends with this hash: it is signed, or its results never came, or they came more than 30 days ago.",
    todo: "Nothing: credit of results that nobody signed in time stays in escrow.",
  },
  unsigned: {
    wire: 31,
    http: 429,
    message: "{results} results of this session are unsigned, at most {limit} may be.",
    todo: "Sign them, then claim again.",
    retryMs: 1_000,
  },
  "bad-token": { wire: 6, http: 403, message: "The assignment's token is not one of ours: {why}.", todo: "Claim again." },
  "foreign-token": {
    wire: 7,
    http: 403,
    message: "The assignment belongs to another volunteer.",
    todo: "Submit with the key that claimed it.",
  },
  "too-fast": { wire: 8, http: 429, message: "Too many requests: {limit}.", todo: "Wait {retrySeconds} s.", retryMs: 1_000 },
  "too-large": { wire: 9, http: 413, message: "{what} has {bytes} bytes, at most {limit} are allowed.", todo: "Make it smaller." },
  "software-adapter": {
    wire: 10,
    http: 403,
    message: "This network takes no software adapters.",
    todo: "Use a browser that can reach a graphics card.",
  },
  "shutting-down": { wire: 11, http: 503, message: "The coordinator is stopping.", todo: "Connect again in a moment.", retryMs: 5_000 },
  "not-wanted": {
    wire: 12,
    http: 409,
    message: "The bytes of unit {unit} are not wanted.",
    todo: "Nothing: they are there already, or the digest was never submitted.",
  },
  "bytes-mismatch": {
    wire: 13,
    http: 422,
    message: "The bytes of unit {unit} are not what was submitted: {why}.",
    todo: "Send the bytes that the digest was taken of: every output behind its length, as docs/protocol.md says.",
  },
  internal: {
    wire: 14,
    http: 500,
    message: "The coordinator failed.",
    todo: "Try again; the operator's log has the cause.",
    retryMs: 5_000,
  },
  "bad-request": { wire: 15, http: 400, message: "{why}", todo: "See /docs." },
  unauthorized: {
    wire: 16,
    http: 401,
    message: "An owner's token is needed: {why}.",
    todo: "{todo}",
  },
  forbidden: { wire: 17, http: 403, message: "{why}", todo: "{todo}" },
  "not-found": { wire: 18, http: 404, message: "There is no {what}.", todo: "Check the number or name." },
  "no-output": { wire: 32, http: 404, message: "The job has no output {output}.", todo: "It has {outputs}: name one of them." },
  "wrong-state": { wire: 19, http: 409, message: "Job {job} is {state}: it cannot be {verb}.", todo: "{todo}" },
  refused: { wire: 20, http: 422, message: "The job package was refused: {faults}.", todo: "Mend the faults and submit again.{more}" },
  "not-ready": { wire: 21, http: 409, message: "Job {job} is {state}, not done.", todo: "{todo}" },
  "bad-format": { wire: 22, http: 400, message: "These results cannot be written as {format}: {why}.", todo: "Choose another format." },
  "wrong-type": {
    wire: 24,
    http: 415,
    message: "The body's type is {type}, which is not read here.",
    todo: "Send application/json, or what /docs says of this request.",
  },
  busy: {
    wire: 43,
    http: 503,
    message: "The package was not judged: the machine that judges packages is too busy now.",
    todo: "Send it again in a minute; nothing is known to be wrong with it.",
    retryMs: 60_000,
  },
  "headers-too-large": {
    wire: 25,
    http: 431,
    message: "The request's headers are longer than {limit} bytes.",
    todo: "Send fewer and shorter headers; an owner's token has 46 characters.",
  },
  "disk-full": {
    wire: 23,
    http: 507,
    message: "The coordinator's disk is nearly full: it takes no new jobs and no results' bytes for now.",
    todo: "Try again later; the operator has to make room.",
    retryMs: 60_000,
  },
} as const satisfies Record<string, ErrorEntry>;

interface ErrorEntry {
  wire: number;
  http: number;
  message: string;
  todo: string;
  /** Whether the same may go well later, and when that is worth a try, ms. */
  retryMs?: number;
}

export type ErrorCode = keyof typeof ERRORS;
export type ErrorDetails = Record<string, string | number>;

const CODE_BY_WIRE = new Map<number, ErrorCode>(Object.entries(ERRORS).map(([code, entry]) => [entry.wire, code as ErrorCode]));

/** The code with this number on the wire, or undefined for a number of a later version. */
export function errorCodeOf(wire: number): ErrorCode | undefined {
  return CODE_BY_WIRE.get(wire);
}

/** The message of `code` with its `{names}` filled from `details`. */
export function errorMessage(code: ErrorCode, details: ErrorDetails = {}): string {
  return fill(ERRORS[code].message, details);
}

/** What the reader can do about `code`. */
function errorTodo(code: ErrorCode, details: ErrorDetails = {}): string {
  return fill(ERRORS[code].todo, details);
}

/** Milliseconds until a new try makes sense: what the occurrence says (`retrySeconds`), else the table; 0: do not. */
export function errorRetryMs(code: ErrorCode, details: ErrorDetails = {}): number {
  const { retryMs = 0 }: ErrorEntry = ERRORS[code];
  return retryMs > 0 && typeof details.retrySeconds === "number" ? details.retrySeconds * 1000 : retryMs;
}

/** Whether the same may go well a moment later, whatever was asked. `code` may be of a later release. */
export function isPassing(code: string): boolean {
  return Object.hasOwn(ERRORS, code) && errorRetryMs(code as ErrorCode) > 0;
}

/** An error of the table, thrown at the edges. */
export class IdlewaveError extends Error {
  override readonly name = "IdlewaveError";
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, details: ErrorDetails = {}) {
    super(errorMessage(code, details));
    this.code = code;
    this.details = details;
  }

  get http(): number {
    return ERRORS[this.code].http;
  }

  get todo(): string {
    return errorTodo(this.code, this.details);
  }
}

/** One fault of a job package, with its place and the way out. Lines and columns count from 1. */
export interface Fault {
  /** Path inside the package, e.g. `job.json`, `kernel.wgsl`, `params.csv`. */
  file: string;
  line?: number;
  column?: number;
  /** JSON path in job.json (`bindings.params.set.width`), or a CSV column's name. */
  field?: string;
  /** Path of a file that the package should have. */
  missing?: string;
  /** What is wrong, one sentence. */
  wrong: string;
  /** What would be right, one sentence. */
  right: string;
}
