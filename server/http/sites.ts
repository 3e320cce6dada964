/** Sites that may show the widget: listed, registered and switched off by an administrator. */
import Type from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import type { SiteId } from "../../shared/ids.ts";
import { PLAIN_NAME_PATTERN } from "../../shared/plain.ts";
import { MAX_ORIGIN, MAX_SITE_NAME, siteOrigin } from "../../shared/site.ts";
import type { SiteRow } from "../core/site-store.ts";
import type { App, HttpContext } from "./context.ts";
import { forAdmins } from "./owners.ts";
import { refusals } from "./refusals.ts";

const SiteSchema = Type.Object({
  id: Type.Integer(),
  origin: Type.String({ description: "Scheme, host and port." }),
  name: Type.String({ description: "What its visitors know it by." }),
  createdAt: Type.String(),
  offAt: Type.String({ description: "Empty while its visitors may be asked." }),
  units: Type.Integer({ description: "What its visitors gave, as it is now: units that became final and earned credit." }),
  credit: Type.Number(),
});
const NewSiteSchema = Type.Object(
  {
    origin: Type.String({ minLength: 1, maxLength: MAX_ORIGIN, description: "https://blog.example; without a scheme it is https." }),
    name: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: MAX_SITE_NAME,
        pattern: PLAIN_NAME_PATTERN,
        description: `text of 1 to ${MAX_SITE_NAME} characters that can all be seen; without one its host`,
      }),
    ),
  },
  { additionalProperties: false },
);

export function siteRoutes(app: App, { store, clock, onSiteOff }: HttpContext): void {
  const common = { tags: ["sites"], security: [{ token: [] }] };
  const refused = refusals("unauthorized", "forbidden");
  const onRequest = forAdmins(store);

  app.get(
    "/api/sites",
    {
      onRequest,
      schema: { ...common, summary: "All sites", response: { 200: Type.Object({ sites: Type.Array(SiteSchema) }), ...refused } },
    },
    async () => ({ sites: (await store.sites()).map(shown) }),
  );

  app.post(
    "/api/sites",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Register a site, or name it anew and switch it on again",
        body: NewSiteSchema,
        response: { 201: SiteSchema, ...refused },
      },
    },
    async (request, reply) => {
      const site = siteOrigin(request.body.origin);
      if ("why" in site) throw new IdlewaveError("bad-request", { why: `body.origin is no site. ${site.why}` });
      const name = request.body.name?.trim() ?? new URL(site.origin).host;
      return reply.status(201).send(shown(await store.putSite(site.origin, name, clock())));
    },
  );

  app.delete(
    "/api/sites/:id",
    {
      onRequest,
      schema: {
        ...common,
        summary: "Switch a site off: nothing counts for it from now on, and frames that lend there end within ten seconds",
        params: Type.Object({ id: Type.Integer({ minimum: 1 }) }),
        response: { 204: Type.Null(), ...refused, ...refusals("not-found") },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const site = await store.site(id as SiteId);
      if (!(await store.switchSiteOff(id as SiteId, clock()))) throw new IdlewaveError("not-found", { what: `site ${id} that is on` });
      if (site) onSiteOff(site.origin);
      return reply.status(204).send(null);
    },
  );
}

function shown({ id, origin, name, createdAt, offAt, given }: SiteRow) {
  return {
    id,
    origin,
    name,
    createdAt: new Date(createdAt).toISOString(),
    offAt: offAt === null ? "" : new Date(offAt).toISOString(),
    units: given.units,
    credit: given.credit,
  };
}
