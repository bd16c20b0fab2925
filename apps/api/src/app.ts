import { randomBytes } from "node:crypto";
import type { Installation } from "@reelqueue/pipeline";
import { type FastifyBaseLogger, type FastifyInstance, type FastifyReply, fastify, LogController } from "fastify";
import { answerErrors, refuseUnreadable } from "./answer-errors.ts";
import { toApiError } from "./api-error.ts";
import { authenticator } from "./caller.ts";
import { measure } from "./measure.ts";
import { answerOtherMethods } from "./other-methods.ts";
import { accounts } from "./routes/accounts.ts";
import { batches } from "./routes/batches.ts";
import { callbacks } from "./routes/callbacks.ts";
import { decisions } from "./routes/decisions.ts";
import { deliveries } from "./routes/deliveries.ts";
import { generations } from "./routes/generations.ts";
import { health } from "./routes/health.ts";
import { installationRoutes } from "./routes/installation.ts";
import { media } from "./routes/media.ts";
import { outputs } from "./routes/outputs.ts";
import { quotes } from "./routes/quotes.ts";

const headersWithinMs = 10_000;
const bodyWithinMs = 300_000;

/** The API as an HTTP application that does not listen yet. */
export async function createApp(installation: Installation): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: installation.log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomBytes(8).toString("hex"),
    bodyLimit: 1_048_576,
    routerOptions: { maxParamLength: 500 },
    http: { headersTimeout: headersWithinMs, requestTimeout: bodyWithinMs, connectionsCheckingInterval: 2_000 },
    clientErrorHandler: refuseUnreadable,
    frameworkErrors: (error, { id }, reply) => void (reply as FastifyReply).code(404).send(toApiError(error).body(id)),
  });
  app.removeContentTypeParser("text/plain");
  answerErrors(app);
  measure(app, installation.metrics);
  const routes = answerOtherMethods(app);
  health(app, installation);
  callbacks(app, installation);
  await app.register(async (scope) => authenticated(scope, installation), { prefix: "/v1" });
  routes.close();
  return app;
}

function authenticated(scope: FastifyInstance, installation: Installation): void {
  const { authenticate, keyless } = authenticator(installation.config.tenants);
  if (keyless) {
    installation.log.warn(
      { event: "api.open" },
      "NO API KEY IS CONFIGURED: every program on this machine may use the API. Set `tenants.default.apiKeySha256` in reelqueue.config.json.",
    );
  }
  scope.addHook("onRequest", async (request) => {
    request.caller = authenticate(request);
  });
  for (const routes of [
    generations,
    batches,
    quotes,
    decisions,
    outputs,
    media,
    accounts,
    deliveries,
    installationRoutes,
  ])
    routes(scope, installation);
}
