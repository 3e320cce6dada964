/** Whether the process lives, and whether it should be sent traffic. */
import Type from "typebox";
import type { App, HttpContext } from "./context.ts";

const ReadinessSchema = Type.Object({
  ready: Type.Boolean(),
  reasons: Type.Array(Type.Union([Type.Literal("draining"), Type.Literal("disk-full"), Type.Literal("disk-unwritable")])),
});
type Reason = "draining" | "disk-full" | "disk-unwritable";

export function healthRoutes(app: App, { drain, disk }: Pick<HttpContext, "drain" | "disk">): void {
  app.get(
    "/healthz",
    {
      schema: {
        tags: ["operation"],
        summary: "Whether the process lives",
        description: "Restart it when this does not answer.",
        response: { 200: Type.Object({ ok: Type.Boolean() }) },
      },
    },
    async () => ({ ok: true }),
  );

  app.get(
    "/readyz",
    {
      schema: {
        tags: ["operation"],
        summary: "Whether it takes work",
        description:
          "It listens only once all jobs are restored. 503 while it stops (`draining`), below the floor of free space (`disk-full`: reading goes on), or when the data folder cannot be written (`disk-unwritable`).",
        response: { 200: ReadinessSchema, 503: ReadinessSchema },
      },
    },
    async (_request, reply) => {
      const reasons: Reason[] = [];
      if (drain.isDraining) reasons.push("draining");
      if (disk.isFull) reasons.push("disk-full");
      if (!disk.isWritable) reasons.push("disk-unwritable");
      const ready = reasons.length === 0;
      return reply
        .status(ready ? 200 : 503)
        .header("cache-control", "no-store")
        .send({ ready, reasons });
    },
  );
}
