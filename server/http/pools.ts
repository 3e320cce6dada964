/** Pools: made, listed, opened to others and switched off by their owners; who their members are, members see too. */
import type { FastifyRequest } from "fastify";
import Type, { type Static } from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import { PLAIN_NAME_PATTERN } from "../../shared/plain.ts";
import { joinLink, MAX_POOL_NAME } from "../../shared/pool.ts";
import { InvitedSchema, type Member, MemberListSchema, type PoolInfo, PoolLinkSchema, PoolListSchema } from "../../shared/pool-api.ts";
import { INVITE_DAYS, type Invited, isPoolOf, type LinkTerms } from "../access/pools.ts";
import { MAX_MEMBERS } from "../core/membership.ts";
import type { MemberRow, PoolRow } from "../core/pool-store.ts";
import type { App, HttpContext } from "./context.ts";
import { originOf } from "./origin.ts";
import { forOwners, ownerOf } from "./owners.ts";
import { refusals } from "./refusals.ts";
import { seesPool, viewerOf } from "./viewer.ts";
import { volunteerId } from "./volunteers.ts";

const Days = Type.Optional(
  Type.Integer({
    minimum: 1,
    maximum: INVITE_DAYS.most,
    description: `How long its link lets others join, days; default ${INVITE_DAYS.usual}.`,
  }),
);
const Uses = Type.Optional(
  Type.Integer({ minimum: 1, maximum: MAX_MEMBERS, description: "How many machines its link lets join; absent: as many as come." }),
);
const LinkSchema = Type.Object({ days: Days, uses: Uses }, { additionalProperties: false });
const NewPoolSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: MAX_POOL_NAME,
      pattern: PLAIN_NAME_PATTERN,
      description: `What those who are asked read; text of 1 to ${MAX_POOL_NAME} characters that can all be seen`,
    }),
    ...LinkSchema.properties,
  },
  { additionalProperties: false },
);
const PoolParams = Type.Object({ id: Type.Integer({ minimum: 1, maximum: 0xffffffff, description: "Number of the pool." }) });

export function poolRoutes(app: App, context: HttpContext): void {
  const { store, pools, coordinator, clock, config, tls } = context;
  const common = { tags: ["pools"], security: [{ token: [] }] };
  const refused = refusals("unauthorized", "not-found");
  const onRequest = forOwners(store);

  app.get(
    "/api/pools",
    {
      onRequest,
      schema: {
        ...common,
        summary: "The owner's pools; an administrator's token lists all",
        response: { 200: PoolListSchema, ...refusals("unauthorized") },
      },
    },
    async (request) => {
      const own = pools.of(await ownerOf(request, store));
      return { pools: await Promise.all(own.map(async (row) => shown(row, await membersOf(row)))) };
    },
  );

  app.post(
    "/api/pools",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Make a pool; the answer has the link that others join by",
        body: NewPoolSchema,
        response: { 201: PoolLinkSchema, ...refusals("unauthorized", "forbidden") },
      },
    },
    async (request, reply) => {
      const owner = await ownerOf(request, store);
      const made = await pools.make(owner, request.body.name.trim(), termsOf(request.body), clock());
      return reply.status(201).send(linkOf(made, request));
    },
  );

  app.post(
    "/api/pools/:id/invite",
    {
      onRequest,
      schema: {
        ...common,
        summary: "A new link to join; the one before is good no more, and a pool that is off is on again",
        params: PoolParams,
        body: LinkSchema,
        response: { 200: PoolLinkSchema, ...refused },
      },
    },
    async (request) => {
      const row = ownPool(await ownerOf(request, store), request.params.id);
      return linkOf(await pools.invite(row, termsOf(request.body), clock()), request);
    },
  );

  app.delete(
    "/api/pools/:id/invite",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Take its link back: it lets nobody join any more, and members stay",
        params: PoolParams,
        response: { 204: Type.Null(), ...refused },
      },
    },
    async (request, reply) => {
      await pools.revoke(ownPool(await ownerOf(request, store), request.params.id));
      return reply.status(204).send(null);
    },
  );

  app.delete(
    "/api/pools/:id",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Switch a pool off: it has no members any more, its jobs pause, its link joins nobody",
        params: PoolParams,
        response: { 204: Type.Null(), ...refused },
      },
    },
    async (request, reply) => {
      await pools.off(ownPool(await ownerOf(request, store), request.params.id), clock());
      return reply.status(204).send(null);
    },
  );

  app.get(
    "/api/pools/:id/members",
    {
      schema: {
        ...common,
        summary: "Who is or was a member; for its owner's token, an administrator's, or a member's pass",
        params: PoolParams,
        response: { 200: MemberListSchema, ...refusals("not-found", "bad-pass") },
      },
    },
    async (request) => {
      const viewer = await viewerOf(request, context);
      const row = pools.row(request.params.id);
      if (!row || !seesPool(viewer, row.id, context)) throw noPool(request.params.id);
      return { members: await membersOf(row) };
    },
  );

  app.delete(
    "/api/pools/:id/members/:member",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Remove a member: what it holds goes to others at once",
        params: Type.Object({
          ...PoolParams.properties,
          member: Type.String({ pattern: "^[0-9a-f]{12}$", description: "First 12 hexadecimal digits of its key." }),
        }),
        response: { 204: Type.Null(), ...refused },
      },
    },
    async (request, reply) => {
      const { id, member } = request.params;
      const row = ownPool(await ownerOf(request, store), id);
      const found = (await store.pools.members(row.id)).find((each) => each.leftAt === null && volunteerId(each) === member);
      if (!found) throw new IdlewaveError("not-found", { what: `member ${member} of pool ${id}` });
      await pools.leave(row.id, found.account);
      return reply.status(204).send(null);
    },
  );

  app.post(
    "/api/pools/invited",
    {
      schema: {
        tags: ["pools"],
        summary: "Who asks by a link to join",
        body: Type.Object(
          { secret: Type.String({ maxLength: 100, description: "What stands behind its #." }) },
          { additionalProperties: false },
        ),
        response: { 200: InvitedSchema, ...refusals("bad-invite") },
      },
    },
    async (request) => {
      const { id, name, ownerName } = pools.invited(request.body.secret, clock());
      return { id, name, owner: ownerName };
    },
  );

  function ownPool(owner: Parameters<typeof isPoolOf>[0], id: number): PoolRow {
    const row = pools.row(id);
    if (!row || !isPoolOf(owner, row)) throw noPool(id);
    return row;
  }

  async function membersOf({ id }: PoolRow): Promise<Member[]> {
    const rows = await store.pools.members(id);
    return rows.map((row) => memberOf(row, row.leftAt === null && coordinator.isServing(id, row.account)));
  }

  /** Behind a proxy it is the proxy's certificate that members see. */
  function linkOf({ pool, secret }: Invited, request: FastifyRequest) {
    const print = config.trustProxy === 0 ? tls?.authority?.fingerprint : undefined;
    const pin = print && Buffer.from(print, "hex").toString("base64url");
    return {
      id: pool.id,
      name: pool.name,
      link: joinLink(originOf(request, config), secret, pin),
      until: isoOf(pool.inviteUntil),
      uses: pool.inviteUses,
    };
  }
}

function noPool(id: number): IdlewaveError {
  return new IdlewaveError("not-found", { what: `pool ${id} of yours` });
}

function termsOf({ days, uses }: Static<typeof LinkSchema>): LinkTerms {
  return { days: days ?? INVITE_DAYS.usual, uses: uses ?? null };
}

function shown({ id, name, ownerName, createdAt, offAt, inviteUntil, inviteUses }: PoolRow, members: Member[]): PoolInfo {
  const current = members.filter(({ leftAt }) => leftAt === "");
  return {
    ...{ id, name, owner: ownerName, createdAt: isoOf(createdAt), offAt: isoOf(offAt), inviteUntil: isoOf(inviteUntil), inviteUses },
    members: current.length,
    connected: current.filter(({ connected }) => connected).length,
  };
}

function memberOf(row: MemberRow, connected: boolean): Member {
  return { id: volunteerId(row), name: row.name, joinedAt: isoOf(row.joinedAt), leftAt: isoOf(row.leftAt), connected, units: row.units };
}

function isoOf(time: number | null): string {
  return time === null ? "" : new Date(time).toISOString();
}
