/** Owners' API tokens: `iw_` and 32 random bytes; only their SHA-256 is kept. */
import { createHash, randomBytes } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { IdlewaveError } from "../../shared/errors.ts";
import type { JobId } from "../../shared/ids.ts";
import type { Coordinator, JobCounts } from "../coordinator.ts";
import type { JobRow, Store, TokenRow } from "../core/store.ts";

const TOKEN_PATTERN = /^iw_[A-Za-z0-9_-]{43}$/;

export function newToken(): { token: string; hash: string } {
  const token = `iw_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashOf(token) };
}

export function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}

const HOW_TO_PASS = "Pass it as Authorization: Bearer iw_…; on the command line with --token or IDLEWAVE_TOKEN.";
const ASK = "The operator makes one with npx idlewave token new <name>.";

/** The token that the request carries. Throws `unauthorized` when there is none, or what is there has not the form of one. */
export function tokenIn(request: FastifyRequest): string {
  const header = request.headers.authorization;
  if (!header) throw new IdlewaveError("unauthorized", { why: "none was passed", todo: `${HOW_TO_PASS} ${ASK}` });
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1] ?? "";
  if (!TOKEN_PATTERN.test(token))
    throw new IdlewaveError("unauthorized", {
      why: "what was passed is none",
      todo: `It is iw_ and 43 letters, digits, - or _: copy all of it. ${HOW_TO_PASS}`,
    });
  return token;
}

/** Whose each request is, from when it was looked at first: its guard asks, and what answers it asks again. */
const known = new WeakMap<FastifyRequest, Promise<TokenRow>>();

/** The owner whose token the request carries. Throws `unauthorized`. */
export function ownerOf(request: FastifyRequest, store: Store): Promise<TokenRow> {
  const owner = known.get(request) ?? bearerOf(request, store);
  known.set(request, owner);
  return owner;
}

async function bearerOf(request: FastifyRequest, store: Store): Promise<TokenRow> {
  const token = tokenIn(request);
  const row = await store.tokenOf(hashOf(token));
  if (!row)
    throw new IdlewaveError("unauthorized", {
      why: "this coordinator does not know this one",
      todo: `Check that it is of this coordinator and not of another. ${ASK}`,
    });
  if (row.revokedAt !== null) throw new IdlewaveError("unauthorized", { why: "this one was revoked", todo: `Use another. ${ASK}` });
  return row;
}

/** Throws `forbidden` unless the request's token is an administrator's. */
export async function adminOf(request: FastifyRequest, store: Store): Promise<TokenRow> {
  const owner = await ownerOf(request, store);
  if (!owner.admin)
    throw new IdlewaveError("forbidden", {
      why: "Only an administrator's token may do this.",
      todo: "Use the one that the coordinator printed on its first start, or ask its operator.",
    });
  return owner;
}

/** What is looked at first of a request, before its body comes: a stranger is told nothing about what it sent. */
export type Guard = (request: FastifyRequest) => Promise<void>;

/** For `onRequest`: lets owners in alone. Throws `unauthorized`. */
export function forOwners(store: Store): Guard {
  return async (request) => void (await ownerOf(request, store));
}

/** For `onRequest`: lets administrators in alone. Throws `unauthorized` or `forbidden`. */
export function forAdmins(store: Store): Guard {
  return async (request) => void (await adminOf(request, store));
}

export function jobOf(coordinator: Coordinator, id: number): JobRow {
  const row = coordinator.job(id as JobId);
  if (!row) throw new IdlewaveError("not-found", { what: `job ${id}` });
  return row;
}

/** Whether volunteers have not met the job: as long as it is its owner's business alone, though it be cancelled. */
export function isHidden({ startedAt }: Pick<JobRow, "startedAt">): boolean {
  return startedAt === null;
}

/** Null for everybody without a good token: a page that anybody may read does not ask for one. */
export async function knownOwner(request: FastifyRequest, store: Store): Promise<TokenRow | null> {
  if (request.headers.authorization === undefined) return null;
  try {
    return await ownerOf(request, store);
  } catch (error) {
    if (error instanceof IdlewaveError && error.code === "unauthorized") return null;
    throw error;
  }
}

export function isOwn(owner: TokenRow | null, job: Pick<JobRow, "owner">): boolean {
  return owner !== null && (owner.admin || owner.id === job.owner);
}

/** How the job stands. Throws `not-found`. */
export function countsOf(coordinator: Coordinator, id: JobId): JobCounts {
  const counts = coordinator.counts(id);
  if (!counts) throw new IdlewaveError("not-found", { what: `job ${id}` });
  return counts;
}

/** What the job has taken, may take and would take. Throws `not-found`. */
export function spendingOf(coordinator: Coordinator, id: JobId): NonNullable<ReturnType<Coordinator["spending"]>> {
  const spending = coordinator.spending(id);
  if (!spending) throw new IdlewaveError("not-found", { what: `job ${id}` });
  return spending;
}
