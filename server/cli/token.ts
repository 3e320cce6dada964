/** `token new|list|revoke`: owners' tokens, with the administrator's token. */
import type { Command } from "commander";
import Type from "typebox";
import { posted, send, sendJson } from "./api.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, print, printJson } from "./print.ts";
import { asking } from "./working.ts";

const NewTokenSchema = Type.Object({ id: Type.Integer(), name: Type.String(), token: Type.String() });
const TokenListSchema = Type.Object({
  tokens: Type.Array(
    Type.Object({
      id: Type.Integer(),
      name: Type.String(),
      admin: Type.Boolean(),
      createdAt: Type.String(),
      revokedAt: Type.String(),
    }),
  ),
});

export function tokenVerb(program: Command): void {
  const token = program.command("token").description("owners' tokens (needs the administrator's token)");
  verb(token, "new <name>", "make a token; it is shown once")
    .option("--admin", "an administrator's, which may make and revoke tokens")
    .action(async (name: string, options: VerbOptions & { admin?: boolean }) => {
      const request = posted({ name, admin: options.admin === true });
      const connection = connectionAs("administrator", options);
      const made = await asking(connection, options, () => sendJson(connection, "/api/tokens", NewTokenSchema, request));
      if (options.json) return printJson(made);
      note(`Token ${made.id} of ${made.name}. Keep it: it is not shown again.`);
      print(made.token);
    });
  verb(token, "list", "list the tokens").action(async (options: VerbOptions) => {
    const connection = connectionAs("administrator", options);
    const { tokens } = await asking(connection, options, () => sendJson(connection, "/api/tokens", TokenListSchema));
    if (options.json) return printJson({ tokens });
    for (const { id, name, admin, createdAt, revokedAt } of tokens) {
      print(
        `${String(id).padStart(4)}  ${name.padEnd(24)}  ${admin ? "admin" : "owner"}  since ${createdAt}${revokedAt ? `, revoked ${revokedAt}` : ""}`,
      );
    }
  });
  verb(token, "revoke <id>", "revoke a token by its number").action(async (id: string, options: VerbOptions) => {
    const connection = connectionAs("administrator", options);
    await asking(connection, options, () => send(connection, `/api/tokens/${encodeURIComponent(id)}`, { method: "DELETE" }));
    if (options.json) printJson({ revoked: Number(id) });
    else note(`Token ${id} is revoked.`);
  });
}
