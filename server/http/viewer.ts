/** Who asks, and what of jobs they may see: an owner by their token, a member of a pool by a pass, everybody else what is public. */
import type { FastifyRequest } from "fastify";
import { IdlewaveError } from "../../shared/errors.ts";
import type { JobId, PoolId } from "../../shared/ids.ts";
import { PASS_HEADER } from "../../shared/pool.ts";
import type { PassFacts } from "../access/pass.ts";
import { isPoolOf } from "../access/pools.ts";
import type { JobRow, TokenRow } from "../core/store.ts";
import type { HttpContext } from "./context.ts";
import { isHidden, isOwn, jobOf, knownOwner, ownerOf } from "./owners.ts";

type Context = Pick<HttpContext, "coordinator" | "store" | "pools" | "clock">;

export interface Viewer {
  owner: TokenRow | null;
  pass: PassFacts | null;
}

/** Throws `bad-pass` on a pass that is good no more: what it does not open must not look as if there were nothing. */
export async function viewerOf(request: FastifyRequest, { store, pools, clock }: Omit<Context, "coordinator">): Promise<Viewer> {
  const pass = request.headers[PASS_HEADER];
  return {
    owner: await knownOwner(request, store),
    pass: typeof pass === "string" ? pools.passed(pass, clock()) : null,
  };
}

/** A job that whoever asks may see. Throws `not-found`, also for another owner's draft and another pool's job. */
export async function visibleJob(request: FastifyRequest, context: Context, id: number): Promise<JobRow> {
  const viewer = await viewerOf(request, context);
  const row = context.coordinator.job(id as JobId);
  if (!row || !sees(viewer, row, context)) throw new IdlewaveError("not-found", { what: `job ${id}` });
  return row;
}

/** All jobs that whoever asks may see; with a pass those of its pool, which is what its volunteer computes. */
export async function visibleJobs(request: FastifyRequest, context: Context): Promise<JobRow[]> {
  const viewer = await viewerOf(request, context);
  const { pass, owner } = viewer;
  return context.coordinator
    .jobs()
    .filter((row) => sees(viewer, row, context) && (pass === null || row.pool === pass.pool || isOwn(owner, row)));
}

/** Jobs that the request's token submitted. Throws `unauthorized`. */
export async function ownJobs(request: FastifyRequest, { coordinator, store }: Context): Promise<JobRow[]> {
  const { id } = await ownerOf(request, store);
  return coordinator.jobs().filter((row) => row.owner === id);
}

/** A job that the request's token may change. Throws `unauthorized`, `not-found` or `forbidden`. */
export async function ownJob(request: FastifyRequest, { coordinator, store }: Context, id: number): Promise<JobRow> {
  const owner = await ownerOf(request, store);
  const row = jobOf(coordinator, id);
  if (isOwn(owner, row)) return row;
  if (isPrivate(row)) throw new IdlewaveError("not-found", { what: `job ${id}` });
  throw new IdlewaveError("forbidden", {
    why: `Job ${row.id} belongs to another owner.`,
    todo: "Use the token that submitted it, or an administrator's.",
  });
}

/** Whether not everybody may see the job: a shared cache must not keep what is told of it. */
export function isPrivate(row: Pick<JobRow, "startedAt" | "pool">): boolean {
  return isHidden(row) || row.pool !== undefined;
}

/** Whether what is a pool's may be shown: to its members, and to its owner. */
export function seesPool({ owner, pass }: Viewer, pool: PoolId, { pools }: Pick<Context, "pools">): boolean {
  const row = pools.row(pool);
  return pass?.pool === pool || (owner !== null && row !== undefined && isPoolOf(owner, row));
}

function sees(viewer: Viewer, row: JobRow, context: Pick<Context, "pools">): boolean {
  return isOwn(viewer.owner, row) || (!isHidden(row) && (row.pool === undefined || seesPool(viewer, row.pool, context)));
}
