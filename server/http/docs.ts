/** The OpenAPI description, made of the same schemas that check requests, and a page to read it. */
import swagger from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyReply } from "fastify";
import type { App } from "./context.ts";
import { type Answers, commonRefusals, withWords } from "./refusals.ts";

/** Packages are read part by part as they come, so Fastify never checks them; this is what the description says of them. */
const PACKAGE_BODY = {
  type: "object",
  description: "One part a file; the field's name is the file's path in the package, its content the file.",
  properties: { "job.json": { type: "string", format: "binary" } },
  required: ["job.json"],
  additionalProperties: { type: "string", format: "binary" },
};
const PACKAGE_ROUTES = new Set(["/api/jobs", "/api/check"]);

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
    transform: ({ schema, url, route }) => {
      if (!schema || schema.hide === true) return { schema, url };
      const isPackage = route.method === "POST" && PACKAGE_ROUTES.has(url);
      const hasBody = isPackage || route.method === "PUT" || schema.body !== undefined;
      const isChecked = hasBody || schema.params !== undefined || schema.querystring !== undefined;
      const response = { ...commonRefusals({ isChecked, hasBody }), ...withWords(schema.response as Answers | undefined) };
      const whole = { ...schema, response };
      return { schema: isPackage ? { ...whole, consumes: ["multipart/form-data"], body: PACKAGE_BODY } : whole, url };
    },
  });
  await app.register(async (page) => {
    page.addHook("onSend", async (_request, reply, payload) => (isPage(reply) ? widthOfDevice(payload) : payload));
    await page.register(swaggerUi, { routePrefix: "/docs", staticCSP: DOCS_CSP });
  });
}

function isPage(reply: FastifyReply): boolean {
  return String(reply.getHeader("content-type")).startsWith("text/html");
}

/** Swagger's page does not say it: a phone would lay it out 980 px wide. */
function widthOfDevice(page: unknown): unknown {
  return typeof page === "string" ? page.replace("<head>", '<head><meta name="viewport" content="width=device-width">') : page;
}
