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

/** The owner whose token the request carries. Throws `unauthorized`. */
export async function ownerOf(request: FastifyRequest, store: Store): Promise<TokenRow> {
  const header = request.headers.authorization;
  if (!header) throw new IdlewaveError("unauthorized", { why: "there is none" });
  const token = /^Bearer +(\S+)$/i.exec(header)?.[1] ?? "";
  if (!TOKEN_PATTERN.test(token)) throw new IdlewaveError("unauthorized", { why: "this is none" });
  const row = await store.tokenOf(hashOf(token));
  if (!row) throw new IdlewaveError("unauthorized", { why: "this one is unknown" });
  if (row.revokedAt !== null) throw new IdlewaveError("unauthorized", { why: "this one was revoked" });
  return row;
}

/** Throws `forbidden` unless the request's token is an administrator's. */
export async function adminOf(request: FastifyRequest, store: Store): Promise<TokenRow> {
  const owner = await ownerOf(request, store);
  if (!owner.admin) throw new IdlewaveError("forbidden", { why: "Only an administrator's token may do this." });
  return owner;
}

export function jobOf(coordinator: Coordinator, id: number): JobRow {
  const row = coordinator.job(id as JobId);
  if (!row) throw new IdlewaveError("not-found", { what: `job ${id}` });
  return row;
}

/** How the job stands. Throws `not-found`. */
export function countsOf(coordinator: Coordinator, id: JobId): JobCounts {
  const counts = coordinator.counts(id);
  if (!counts) throw new IdlewaveError("not-found", { what: `job ${id}` });
  return counts;
}

/** Throws `forbidden` unless the job is the token's, or the token an administrator's. */
export async function mayChange(request: FastifyRequest, store: Store, job: JobRow): Promise<void> {
  const owner = await ownerOf(request, store);
  if (!owner.admin && owner.id !== job.owner) throw new IdlewaveError("forbidden", { why: `Job ${job.id} belongs to another owner.` });
}
