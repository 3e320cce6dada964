/** What the visitors of registered sites gave, for everybody: as JSON, and as a picture that a site may show. */
import { createHash } from "node:crypto";
import Type from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import { MAX_ORIGIN } from "../../shared/site.ts";
import { SupporterFactsSchema, SupporterListSchema } from "../../shared/supporter.ts";
import { badgeSvg } from "./badge.ts";
import type { App, HttpContext } from "./context.ts";
import { hasTag } from "./etag.ts";
import { refusals } from "./refusals.ts";
import { ToldSites } from "./told-sites.ts";

const NameSchema = Type.Object({
  site: Type.String({ minLength: 1, maxLength: MAX_ORIGIN, description: "Number of the site, or its address: https://blog.example." }),
});
/** Figures change once an hour; a site that is switched off is to be gone soon. */
const MAX_AGE_S = 600;
/** It is a document too, when somebody opens it: it may do nothing there. */
const INERT = "default-src 'none'; sandbox";

export function supporterRoutes(app: App, { store, config, clock }: HttpContext): void {
  const told = new ToldSites(store, clock);
  const tags = ["sites"];

  app.get(
    "/api/supporters",
    { schema: { tags, summary: "Sites whose visitors lend here, and what they gave", response: { 200: SupporterListSchema } } },
    () => told.all(),
  );

  app.get(
    "/api/supporter",
    {
      schema: {
        tags,
        summary: "What a site's visitors gave",
        querystring: NameSchema,
        response: { 200: SupporterFactsSchema, ...refusals("bad-request", "not-found") },
      },
    },
    (request) => one(request.query.site),
  );

  app.get(
    "/badge.svg",
    { schema: { tags, summary: "What a site's visitors gave, as a picture of 240 x 48 pixels", querystring: NameSchema } },
    async (request, reply) => {
      const { site } = await one(request.query.site);
      const svg = badgeSvg(site, config.network.name);
      const etag = `"${createHash("sha256").update(svg).digest("base64url").slice(0, 22)}"`;
      void reply.header("cache-control", `public, max-age=${MAX_AGE_S}`).header("etag", etag);
      void reply.header("cross-origin-resource-policy", "cross-origin");
      if (hasTag(request.headers["if-none-match"], etag)) return reply.status(304).send();
      return reply.header("content-security-policy", INERT).type("image/svg+xml; charset=utf-8").send(svg);
    },
  );

  async function one(named: string) {
    const facts = await told.one(named);
    if (!facts) throw new IdlewaveError("not-found", { what: "site of this number or address that is on" });
    return facts;
  }
}
