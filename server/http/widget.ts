/**
 * The widget: its loader, and the frame that asks and lends on a registered site. The frame's `frame-ancestors` names that
 * site alone, so no other page can show it; a window of its own can be shown in no frame at all.
 */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { FastifyReply } from "fastify";
import Type from "typebox";
import { IdlewaveError } from "../../shared/errors.ts";
import { escaped } from "../../shared/markup.ts";
import { byServingOrder } from "../../shared/serving.ts";
import { MAX_ORIGIN, siteOrigin } from "../../shared/site.ts";
import { FACTS_ID, type WidgetFacts, type WidgetJob, type WidgetNow } from "../../shared/widget.ts";
import type { SiteRow } from "../core/site-store.ts";
import { ROOT } from "../root.ts";
import type { App, HttpContext } from "./context.ts";
import { countsOf } from "./owners.ts";
import { refusals } from "./refusals.ts";
import { isPrivate } from "./viewer.ts";

const QuerySchema = Type.Object({
  site: Type.String({ maxLength: MAX_ORIGIN, description: "Address of the site, as it was registered." }),
  cause: Type.Optional(Type.String({ maxLength: 100, description: "Name or number of a job; absent: any." })),
});
const JobSchema = Type.Object({
  id: Type.Integer(),
  title: Type.String(),
  name: Type.String(),
  units: Type.Integer(),
  final: Type.Integer(),
});
const NowSchema = Type.Object({ on: Type.Boolean(), job: Type.Union([JobSchema, Type.Null()]) });
/** A page that any site may have in a frame: it holds no script and asks for nothing. */
const ANYWHERE = "*";

export async function widgetRoutes(app: App, context: HttpContext): Promise<void> {
  const files = filesOf(join(ROOT, "dist", "widget"));
  const hidden = { schema: { hide: true } };

  app.get(
    "/api/widget",
    {
      schema: {
        tags: ["sites"],
        summary: "Whether a site's visitors may be asked, and for which job",
        querystring: QuerySchema,
        response: { 200: NowSchema, ...refusals("bad-request") },
      },
    },
    async ({ query }): Promise<WidgetNow> => ({
      on: (await siteOn(context, query.site)) !== undefined,
      job: await jobFacts(query.cause ?? ""),
    }),
  );
  if (!files) return;

  for (const [name, script] of Object.entries(files.scripts)) {
    app.get(`/${name}`, hidden, (_request, reply) => {
      // Other origins load them, as a module too.
      const free = reply.header("access-control-allow-origin", "*").header("cache-control", "public, max-age=600");
      return free.type("text/javascript; charset=utf-8").send(script);
    });
  }
  app.get("/widget", { schema: { hide: true, querystring: Type.Partial(QuerySchema) } }, async (request, reply) => {
    const site = await siteOn(context, request.query.site ?? "");
    if (!site) return refuse(reply, request.query.site ?? "", files);
    return await frame(reply, site, request.query.cause ?? "", site.origin);
  });
  app.get("/widget/window", { schema: { hide: true, querystring: QuerySchema } }, async (request, reply) => {
    const site = await siteOn(context, request.query.site);
    if (!site) throw new IdlewaveError("not-found", { what: "site of this name that is on" });
    return await frame(reply, site, request.query.cause ?? "", "'none'");
  });

  async function frame(reply: FastifyReply, site: SiteRow, cause: string, ancestors: string) {
    if (!files) throw new Error("the widget is not built");
    const { network, allowSoftware } = context.config;
    const facts: WidgetFacts = {
      site: { origin: site.origin, name: site.name },
      job: await jobFacts(cause),
      network: { name: network.name, operator: network.operator, source: network.source },
      allowSoftware,
    };
    const sockets = context.config.publicUrl === "" ? "" : ` ${context.config.publicUrl.replace(/^http/, "ws")}`;
    const policy = [
      "default-src 'none'",
      `script-src 'self' '${files.scriptHash}'`,
      `style-src '${files.styleHash}'`,
      `connect-src 'self'${sockets}`,
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      `frame-ancestors ${ancestors}`,
    ];
    return framed(reply, policy).send(files.frame.replace(PLACE, () => dataBlock(facts)));
  }

  /** Of the running job that was asked for by number or name, else of the first by priority, as claims are served. */
  async function jobFacts(cause: string): Promise<WidgetJob | null> {
    const running = context.coordinator.jobs().filter((row) => row.state === "running" && !isPrivate(row));
    const specs = running.map(({ id }) => context.coordinator.spec(id)).sort(byServingOrder);
    const known = await Promise.all(specs.map(async (spec) => ({ spec, manifest: (await context.plans.of(spec.id)).manifest })));
    const asked = known.find(({ spec, manifest }) => String(spec.id) === cause || manifest.name === cause) ?? known[0];
    if (!asked) return null;
    const { id, units } = asked.spec;
    const { title, name } = asked.manifest;
    return { id, title: title ?? name, name, units, final: countsOf(context.coordinator, id).final };
  }
}

/** The site at this address, when its visitors may be asked. */
async function siteOn({ store }: HttpContext, typed: string): Promise<SiteRow | undefined> {
  const site = siteOrigin(typed);
  if ("why" in site) return undefined;
  const row = await store.siteOf(site.origin);
  return row?.offAt === null ? row : undefined;
}

const WHAT_IT_IS =
  "This is Idlewave's widget: a box in which a website asks its visitors to lend an idle graphics card to a public computing job.";

function refuse(reply: FastifyReply, typed: string, { style, styleHash }: Files) {
  const site = siteOrigin(typed);
  const why =
    "why" in site
      ? `This page asks for Idlewave without saying which site it is, or wrongly. ${site.why}`
      : `${site.origin} is not registered here, or was switched off. Nothing runs. Its owner can ask the operator: idlewave site add ${site.origin}`;
  const head = `<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Idlewave</title><style>${style}</style>`;
  const page = `<!doctype html><html lang="en"><head>${head}</head><body><main class="refused"><p>${escaped(why)}</p><p>${WHAT_IT_IS}</p></main></body></html>`;
  return framed(reply.status(403), ["default-src 'none'", `style-src '${styleHash}'`, `frame-ancestors ${ANYWHERE}`]).send(page);
}

function framed(reply: FastifyReply, policy: string[]): FastifyReply {
  void reply.removeHeader("x-frame-options");
  // The window of our own tells the frame that opened it: their groups must not be parted.
  void reply.header("cross-origin-opener-policy", "unsafe-none");
  return reply.header("content-security-policy", policy.join(";")).header("cache-control", "no-store").type("text/html; charset=utf-8");
}

const PLACE = "<!--facts-->";

interface Files {
  frame: string;
  scriptHash: string;
  style: string;
  styleHash: string;
  scripts: Record<string, string>;
}

/** Undefined when the widget was not built, as in tests of the API. */
function filesOf(folder: string): Files | undefined {
  if (!existsSync(join(folder, "frame.html"))) return undefined;
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  const frame = read("frame.html");
  const inside = (tag: string) => {
    const inner = new RegExp(`<${tag}[^>]*>([\\s\\S]*)</${tag}>`).exec(frame)?.[1];
    if (inner === undefined || !frame.includes(PLACE)) throw new Error(`frame.html holds no ${tag}, or no place for facts`);
    return inner;
  };
  const hashOf = (text: string) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
  const style = inside("style");
  const scripts = { "widget.js": read("widget.js"), "widget.mjs": read("widget.mjs") };
  return { frame, scriptHash: hashOf(inside("script")), style, styleHash: hashOf(style), scripts };
}

function dataBlock(facts: WidgetFacts): string {
  return `<script type="application/json" id="${FACTS_ID}">${JSON.stringify(facts).replaceAll("<", "\\u003c")}</script>`;
}
