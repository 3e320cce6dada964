/** `key rotate`: a new key for assignment tokens, with the administrator's token. */
import type { Command } from "commander";
import Type from "typebox";
import { posted, sendJson } from "./api.ts";
import { connectionAs, type VerbOptions, verb } from "./options.ts";
import { note, printJson } from "./print.ts";

const RotatedSchema = Type.Object({ keys: Type.Integer() });

export function keyVerb(program: Command): void {
  const key = program.command("key").description("the key that signs assignment tokens (needs the administrator's token)");
  verb(key, "rotate", "replace it; older keys stay good for 14 days")
    .option("--revoke", "drop the older keys at once: for a key that has leaked")
    .action(async (options: VerbOptions & { revoke?: boolean }) => {
      const request = posted({ revoke: options.revoke === true });
      const rotated = await sendJson(connectionAs("administrator", options), "/api/keys/rotate", RotatedSchema, request);
      if (options.json) return printJson(rotated);
      note(
        options.revoke
          ? "The key was replaced; no older token is believed any more."
          : `The key was replaced; ${rotated.keys} are good now.`,
      );
    });
}
