/** The HTTP side: owners, pages and what everybody may see. Volunteers' frames go by the gateway. */
import type { ServerOptions } from "node:http";
import helmet from "@fastify/helmet";
import multipart from "@fastify/multipart";
import { type TypeBoxTypeProvider, TypeBoxValidatorCompiler } from "@fastify/type-provider-typebox";
import Fastify, { type FastifyBaseLogger, type FastifyReply, type FastifyRequest, LogController } from "fastify";
import { IdlewaveError } from "../../shared/errors.ts";
import { backupRoutes } from "./backup.ts";
import { blobRoutes, JobBlobs } from "./blobs.ts";
import { bytesRoutes } from "./bytes.ts";
import { canaryRoutes } from "./canary.ts";
import { checkRoutes } from "./checks.ts";
import type { App, HttpContext } from "./context.ts";
import { docs } from "./docs.ts";
import { asIdlewaveError, MAX_JSON_BYTES, sendError } from "./errors.ts";
import { healthRoutes } from "./health.ts";
import { jobRoutes } from "./jobs.ts";
import { keyRoutes } from "./keys.ts";
import { metricsRoutes } from "./metrics.ts";
import { networkRoutes } from "./network.ts";
import { isLostReader, pageRoutes, sendNotFoundPage } from "./pages.ts";
import { boundPipelines } from "./pipelines.ts";
import { sendPlainOn } from "./plain.ts";
import { poolRoutes } from "./pools.ts";
import { portabilityRoutes } from "./portability.ts";
import { limitRequests } from "./request-rate.ts";
import { resultRoutes } from "./results.ts";
import { boundConnections, hurrySenders } from "./senders.ts";
import { siteRoutes } from "./sites.ts";
import { submitRoutes } from "./submit.ts";
import { supporterRoutes } from "./supporters.ts";
import { tokenRoutes } from "./tokens.ts";
import { followRequests, requestIds } from "./underway.ts";
import { unitRoutes } from "./units.ts";
import { MAX_HEADER_BYTES, sendUnread, unreadError } from "./unread.ts";
import { Views } from "./views.ts";
import { volunteerRoutes } from "./volunteers.ts";
import { widgetRoutes } from "./widget.ts";

/** Until both have agreed on a cipher. */
const HANDSHAKE_TIMEOUT_MS = 20_000;
const REQUEST_TIMEOUT_MS = 3_600_000; // an owner may send gigabytes over a slow line

export async function createApp(context: HttpContext, log: FastifyBaseLogger): Promise<App> {
  const { config, metrics, tls } = context;
  const refuse = (thrown: unknown, request: FastifyRequest, reply: FastifyReply) => {
    metrics.refused(asIdlewaveError(thrown, request).error.code);
    sendError(thrown, request, reply);
  };
  const app: App = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: (_address, hop) => hop < config.trustProxy,
    bodyLimit: MAX_JSON_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    ...listening(tls),
    genReqId: requestIds(),
    frameworkErrors: refuse,
    clientErrorHandler(error, socket) {
      const refused = unreadError(error);
      if (sendUnread(refused, socket)) metrics.refused(refused.code);
    },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(TypeBoxValidatorCompiler);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((request, reply) => {
    if (isLostReader(request)) sendNotFoundPage(reply);
    else refuse(new IdlewaveError("not-found", { what: `${request.method} ${request.url.slice(0, 200)}` }), request, reply);
  });
  app.addContentTypeParser("application/octet-stream", (_request, payload, done) => done(null, payload));

  if (tls) sendPlainOn(app, config.publicUrl, () => tls.cert);
  boundPipelines(app, () => metrics.refused("pipelined"));
  followRequests(app, context.drain);
  boundConnections(app.server, config.trustProxy === 0, () => metrics.refused("connections"));
  hurrySenders(app);
  await app.register(helmet, security(config.publicUrl, tls));
  await limitRequests(app, config.trustProxy);
  await app.register(multipart);
  await docs(app, context.version);

  const visible = new JobBlobs(context.blobs);
  for (const row of context.coordinator.jobs()) await visible.add(row, (await context.plans.of(row.id)).plan);
  const onFailure = (error: unknown) => log.error({ err: error }, "a job could not be shown");
  const views = new Views({ ...context, onFailure });
  app.addHook("onClose", () => views.close());

  healthRoutes(app, context);
  metricsRoutes(app, context);
  networkRoutes(app, context);
  jobRoutes(app, context, views);
  submitRoutes(app, context, visible);
  canaryRoutes(app, context);
  checkRoutes(app, context);
  resultRoutes(app, context);
  unitRoutes(app, context);
  portabilityRoutes(app, context);
  bytesRoutes(app, context);
  blobRoutes(app, context, visible);
  poolRoutes(app, context);
  volunteerRoutes(app, context);
  tokenRoutes(app, context);
  siteRoutes(app, context);
  supporterRoutes(app, context);
  keyRoutes(app, context);
  backupRoutes(app, context);
  await widgetRoutes(app, context);
  await pageRoutes(app);
  return app;
}

/** Fastify's types know an HTTPS server as another kind of app, though what is used of it is the same. */
function listening(tls: HttpContext["tls"]): { http: ServerOptions } {
  if (!tls) return { http: { maxHeaderSize: MAX_HEADER_BYTES } };
  const https = { cert: tls.cert, key: tls.key, maxHeaderSize: MAX_HEADER_BYTES, handshakeTimeout: HANDSHAKE_TIMEOUT_MS };
  return { https } as unknown as { http: ServerOptions };
}

function security(publicUrl: string, tls: HttpContext["tls"]) {
  const sockets = publicUrl === "" ? [] : [publicUrl.replace(/^http/, "ws")];
  // Where a certificate of its own making is not trusted any more, this header would leave no way back.
  const isLasting = publicUrl.startsWith("https:") && tls?.authority === undefined;
  return {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        workerSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:", "blob:"],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", ...sockets], // 'self' covers WebSockets to the same host
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    strictTransportSecurity: isLasting ? undefined : (false as const),
    xFrameOptions: { action: "deny" as const },
    referrerPolicy: { policy: "no-referrer" as const },
    crossOriginResourcePolicy: false as const, // blobs and the schema are for everybody
  };
}
