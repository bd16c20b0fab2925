import { randomBytes } from "node:crypto";
import { decodeUtf8 } from "@reelqueue/contracts";
import type { Installation } from "@reelqueue/pipeline";
import { type Metrics, portProblem } from "@reelqueue/runtime";
import {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  fastify,
  type HTTPMethods,
  LogController,
} from "fastify";
import { authenticator } from "./auth.ts";
import { decodeBody } from "./decode-body.ts";
import { ApiError, answerErrors, refuseUnreadable, toApiError } from "./errors.ts";
import { accounts } from "./routes/accounts.ts";
import { actions } from "./routes/actions.ts";
import { batches } from "./routes/batches.ts";
import { callbacks } from "./routes/callbacks.ts";
import { deliveries } from "./routes/deliveries.ts";
import { generations } from "./routes/generations.ts";
import { health, installationRoutes } from "./routes/installation.ts";
import { media } from "./routes/media.ts";
import { orphans } from "./routes/orphans.ts";
import { outputs } from "./routes/outputs.ts";
import { quotes } from "./routes/quotes.ts";

export interface ServedApi extends AsyncDisposable {
  url: string;
}

/** After this, a client that has stopped reading is disconnected, so that the process can end. */
const closeTimeoutMs = 10_000;

/** Serves the API; closing it lets requests under way end. Throws a StartError when the port is taken. */
export async function serveApi(
  installation: Installation,
  { host, port }: { host: string; port: number },
): Promise<ServedApi> {
  const app = await createApp(installation);
  const listenTextResolver = (address: string) => `API listens on ${address}`;
  const url = await app.listen({ host, port, listenTextResolver }).catch((error: unknown) => {
    throw portProblem(error, port, "PORT");
  });
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const timer = setTimeout(() => app.server.closeAllConnections(), closeTimeoutMs);
      await app.close().finally(() => clearTimeout(timer));
    },
  };
}

const headersTimeoutMs = 10_000;
const bodyTimeoutMs = 300_000;

/** The API as an HTTP application that does not listen yet. */
export async function createApp(installation: Installation): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: installation.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomBytes(8).toString("hex"),
    bodyLimit: 1_048_576,
    // a batch: 128 letters, of nine characters each when they are encoded
    routerOptions: { maxParamLength: 1_200 },
    http: { headersTimeout: headersTimeoutMs, requestTimeout: bodyTimeoutMs, connectionsCheckingInterval: 2_000 },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, { id }, reply) => void (reply as FastifyReply).code(404).send(toApiError(error).body(id)),
  });
  app.removeContentTypeParser("text/plain");
  parseJsonStrictly(app);
  answerErrors(app);
  measureRequests(app, installation.metrics);
  const routes = watchRoutes(app);
  health(app, installation);
  callbacks(app, installation);
  await app.register(async (scope) => addAuthenticatedRoutes(scope, installation), { prefix: "/v1" });
  routes.refuseOtherMethods();
  return app;
}

/** Fastify would read every encoding as UTF-8, with other characters in place of the wrong ones. */
function parseJsonStrictly(app: FastifyInstance): void {
  const parseText = app.getDefaultJsonParser("error", "error");
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, body, done) => {
    const text = decodeUtf8(body as Buffer);
    if (text === undefined) done(new ApiError("invalid_json", "The body is not UTF-8 text."));
    else void parseText(request, text, done);
  });
}

/** How a refused caller authenticates itself. */
const challenge = 'Bearer realm="reelqueue"';

function addAuthenticatedRoutes(scope: FastifyInstance, installation: Installation): void {
  const { authenticate, keyless } = authenticator(installation.config.tenants);
  if (keyless) {
    installation.log.warn(
      { event: "api.open" },
      "NO API KEY IS CONFIGURED: every program on this machine may use the API. Set `tenants.default.apiKeySha256` in reelqueue.config.json.",
    );
  }
  scope.addHook("onRequest", async (request, reply) => {
    reply.header("www-authenticate", challenge);
    request.caller = authenticate(request);
    reply.removeHeader("www-authenticate");
  });
  scope.addHook("preParsing", decodeBody);
  for (const routes of [
    generations,
    batches,
    quotes,
    actions,
    outputs,
    media,
    accounts,
    deliveries,
    orphans,
    installationRoutes,
  ])
    routes(scope, installation);
}

const buckets = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** Counts and times every request by its route, not by its URL, which may hold a token. */
function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  const seconds = metrics.histogram("http_request_seconds", "Requests to the API", buckets, [
    "method",
    "route",
    "status",
  ]);
  app.addHook("onResponse", async (request, reply) => {
    const labels = { method: request.method, route: request.routeOptions.url ?? "none", status: `${reply.statusCode}` };
    seconds.observe(labels, reply.elapsedTime / 1_000);
    request.log.debug(
      { event: "api.answered", ...labels, requestId: request.id, ms: Math.round(reply.elapsedTime) },
      "answered",
    );
  });
}

const methods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Collects the routes as they are added; `refuseOtherMethods` then answers 405 to every method that an address does not
 * take.
 */
function watchRoutes(app: FastifyInstance): { refuseOtherMethods(): void } {
  const methodsOf = new Map<string, Set<HTTPMethods>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methodsOf.get(url) ?? new Set();
    methodsOf.set(url, known);
    for (const each of [method].flat()) known.add(each);
  });
  return {
    refuseOtherMethods: () => {
      for (const [url, known] of [...methodsOf]) {
        const allow = [...known].sort().join(", ");
        app.route({
          url,
          method: methods.filter((method) => !known.has(method)),
          onRequest: async (_request, reply) => {
            reply.header("allow", allow);
            throw new ApiError("method_not_allowed");
          },
          handler: async () => undefined,
        });
      }
    },
  };
}
