/** The key of assignment tokens is replaced by an administrator, before it would be by itself. */
import Type from "typebox";
import type { App, HttpContext } from "./context.ts";
import { adminOf, forAdmins } from "./owners.ts";
import { refusals } from "./refusals.ts";

const RotationSchema = Type.Object(
  { revoke: Type.Optional(Type.Boolean({ description: "Drop the older keys too: for a key that has leaked." })) },
  { additionalProperties: false },
);

export function keyRoutes(app: App, { tokens, store, clock }: Pick<HttpContext, "tokens" | "store" | "clock">): void {
  app.post(
    "/api/keys/rotate",
    {
      onRequest: forAdmins(store),
      schema: {
        tags: ["operation"],
        security: [{ token: [] }],
        summary: "Replace the key that signs assignment tokens",
        description:
          "Tokens under the older keys stay good until those retire, 14 days later. With `revoke` they end now: volunteers lose the units they hold and claim again.",
        body: RotationSchema,
        response: {
          200: Type.Object({ keys: Type.Integer({ description: "Keys that are good now." }) }),
          ...refusals("unauthorized", "forbidden", "too-fast"),
        },
      },
    },
    async (request) => {
      const admin = await adminOf(request, store);
      const revoke = request.body.revoke === true;
      await tokens.ring.rotate(clock(), revoke);
      request.log.warn({ token: admin.id, revoke }, "The key of assignment tokens was replaced.");
      return { keys: tokens.ring.count };
    },
  );
}
