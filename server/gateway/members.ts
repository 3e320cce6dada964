/** What an authenticated volunteer asks of pools: to join one, to leave it, for a new pass. Each throws `IdlewaveError`. */
import { Compile } from "typebox/compile";
import { IdlewaveError } from "../../shared/errors.ts";
import type { AccountId, PoolId } from "../../shared/ids.ts";
import { JoinSchema, LeaveSchema } from "../../shared/messages.ts";
import type { JoinReply, LeaveReply, PassReply, PoolPass } from "../../shared/protocol.ts";
import { PASS_LIFE_MS, type PassFacts } from "../access/pass.ts";
import type { Pools } from "../access/pools.ts";

interface Desk {
  pools: Pools;
  clock: () => number;
}

const joinChecker = Compile(JoinSchema);
const leaveChecker = Compile(LeaveSchema);

/** `bad-message`, `bad-invite`, or `forbidden` when the pool is full. */
export async function join(desk: Desk, account: AccountId, request: unknown): Promise<JoinReply> {
  if (!joinChecker.Check(request))
    throw new IdlewaveError("bad-message", { why: "join asks for {secret, name?}, a name of 1 to 40 characters that can be seen" });
  const { id } = await desk.pools.join(request.secret, account, desk.clock(), request.name?.trim());
  return { ok: true, pool: passOf(desk, { pool: id, account }) };
}

/** `bad-message`. Whoever is no member is answered the same. */
export async function leave({ pools }: Desk, account: AccountId, request: unknown): Promise<LeaveReply> {
  if (!leaveChecker.Check(request)) throw new IdlewaveError("bad-message", { why: "leave asks for {pool}" });
  await pools.leave(request.pool as PoolId, account);
  return { ok: true };
}

/** `bad-message` where no pool is served. */
export function renewPass(desk: Desk, { account, pool }: { account: AccountId; pool?: PoolId | undefined }): PassReply {
  if (pool === undefined) throw new IdlewaveError("bad-message", { why: "pass is for connections that serve a pool" });
  return { ok: true, pool: passOf(desk, { pool, account }) };
}

export function passOf({ pools, clock }: Desk, facts: PassFacts): PoolPass {
  const row = pools.row(facts.pool);
  if (!row) throw new Error(`pool ${facts.pool} has members and no row`);
  return { id: row.id, name: row.name, pass: pools.pass(facts, clock()), lifeMs: PASS_LIFE_MS };
}
