/** What this network is, and the schema of job.json. */
import { NetworkSchema } from "../../shared/api.ts";
import { MANIFEST_JSON_SCHEMA } from "../../shared/manifest.ts";
import { WIRE_VERSION } from "../../shared/wire.ts";
import type { App, HttpContext } from "./context.ts";

export function networkRoutes(app: App, { config, version, connected, coordinator }: HttpContext): void {
  const { network, allowSoftware } = config;
  app.get(
    "/api/network",
    { schema: { tags: ["network"], summary: "Who runs this network and why", response: { 200: NetworkSchema } } },
    async () => ({ ...network, wire: WIRE_VERSION, version, allowSoftware, volunteers: connected(), measures: coordinator.measures }),
  );

  const schema = JSON.stringify(MANIFEST_JSON_SCHEMA, null, 2);
  app.get("/schemas/job.json", { schema: { tags: ["network"], summary: "JSON Schema of job.json" } }, (_request, reply) => {
    // Editors on other origins read it.
    void reply.header("access-control-allow-origin", "*").type("application/schema+json; charset=utf-8").send(schema);
  });
}
