/** Owners' tokens: listed, made and revoked by an administrator. */
import Type from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import { PLAIN_NAME_PATTERN } from "../../shared/plain.ts";
import type { App, HttpContext } from "./context.ts";
import { adminOf, forAdmins, newToken } from "./owners.ts";
import { refusals } from "./refusals.ts";

const TokenSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  admin: Type.Boolean(),
  createdAt: Type.String(),
  revokedAt: Type.String({ description: "Empty while it is good." }),
});
const NewTokenSchema = Type.Object(
  {
    name: Type.String({
      minLength: 1,
      maxLength: 100,
      pattern: PLAIN_NAME_PATTERN,
      description: "text of 1 to 100 characters that can all be seen",
    }),
    admin: Type.Optional(Type.Boolean({ description: "May make, list and revoke tokens too." })),
  },
  { additionalProperties: false },
);
const MadeTokenSchema = Type.Object({
  id: Type.Integer(),
  name: Type.String(),
  token: Type.String({ description: "Shown once; only its hash is kept." }),
});

export function tokenRoutes(app: App, { store, clock, onRevoked }: HttpContext): void {
  const common = { tags: ["tokens"], security: [{ token: [] }] };
  const refused = refusals("unauthorized", "forbidden");
  const onRequest = forAdmins(store);

  app.get(
    "/api/tokens",
    {
      onRequest,
      schema: { ...common, summary: "All tokens", response: { 200: Type.Object({ tokens: Type.Array(TokenSchema) }), ...refused } },
    },
    async () => {
      const tokens = await store.tokens();
      return {
        tokens: tokens.map(({ id, name, admin, createdAt, revokedAt }) => ({
          id,
          name,
          admin,
          createdAt: new Date(createdAt).toISOString(),
          revokedAt: revokedAt === null ? "" : new Date(revokedAt).toISOString(),
        })),
      };
    },
  );

  app.post(
    "/api/tokens",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Make an owner's or an administrator's token",
        body: NewTokenSchema,
        response: { 201: MadeTokenSchema, ...refused },
      },
    },
    async (request, reply) => {
      const { token, hash } = newToken();
      const { id, name } = await store.addToken(request.body.name.trim(), request.body.admin === true, hash, clock());
      return reply.status(201).send({ id, name, token });
    },
  );

  app.delete(
    "/api/tokens/:id",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Revoke a token",
        params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
        response: { 204: Type.Null(), ...refused, ...refusals("not-found") },
      },
    },
    async (request, reply) => {
      const admin = await adminOf(request, store);
      const { id } = request.params;
      if (admin.id === id)
        throw new IdlewaveError("forbidden", { why: "A token cannot revoke itself.", todo: "Use another administrator's." });
      if (!(await store.revokeToken(id, clock()))) throw new IdlewaveError("not-found", { what: `token ${id}` });
      await onRevoked();
      return reply.status(204).send(null);
    },
  );
}
