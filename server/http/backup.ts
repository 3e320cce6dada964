/** A backup of everything, for an administrator: credit, ids, secrets, results and inputs as one tar stream. */
import { Readable } from "node:stream";
import Type from "typebox";
import { ErrorSchema } from "../../shared/api.ts";
import type { BackupPart } from "../../shared/backup.ts";
import { IdlewaveError } from "../../shared/errors.ts";
import type { App, HttpContext } from "./context.ts";
import { forAdmins } from "./owners.ts";
import { tar } from "./tar.ts";

export function backupRoutes(app: App, context: Pick<HttpContext, "store" | "backup" | "clock">): void {
  const { store, backup, clock } = context;
  let busy = false;

  app.post(
    "/api/backup",
    {
      onRequest: forAdmins(store),
      schema: {
        tags: ["backup"],
        summary: "Everything as a tar stream: a data folder and, last, backup.json; an administrator's token",
        description:
          "The database is that of one moment, while work goes on. It holds secrets: keep it as safe as the data folder. A stream without backup.json at its end broke off. One at a time.",
        security: [{ token: [] }],
        response: {
          200: Type.Unsafe<Readable>({ type: "string", format: "binary" }),
          401: ErrorSchema,
          403: ErrorSchema,
          429: ErrorSchema,
        },
      },
    },
    async (_request, reply) => {
      if (busy) throw new IdlewaveError("too-fast", { limit: "one backup at a time", retrySeconds: 60 });
      busy = true;
      const opened = await backup().catch((error: unknown) => {
        busy = false;
        throw error;
      });
      let ended: Promise<void> | undefined;
      const end = () => {
        ended ??= opened.close().finally(() => {
          busy = false;
        });
        return ended;
      };
      const body = Readable.from(tar(closing(opened.parts, end), Math.floor(clock() / 1000)));
      // Its reader may be gone before it was sent.
      body.once("close", () => void end());
      void reply.header("content-disposition", 'attachment; filename="idlewave-backup.tar"').header("cache-control", "no-store");
      return reply.type("application/x-tar").send(body);
    },
  );
}

/** Whoever has read the last byte can ask for the next backup. */
async function* closing(parts: AsyncIterable<BackupPart>, end: () => Promise<void>): AsyncGenerator<BackupPart> {
  yield* parts;
  await end();
}
