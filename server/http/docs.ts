/** The OpenAPI description, made of the same schemas that check requests, and a page to read it. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { App } from "./context.ts";

/** Swagger's page styles itself from script and shows its icons as data. */
const DOCS_CSP =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

export async function docs(app: App, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Idlewave",
        version,
        description: "Owners submit jobs and fetch results here; volunteers speak the protocol of docs/protocol.md.",
      },
      components: {
        securitySchemes: { token: { type: "http", scheme: "bearer", description: "An owner's token, `iw_…`." } },
      },
    },
  });
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: DOCS_CSP });
}
