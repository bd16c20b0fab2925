import cookie from "@fastify/cookie";
import type { Logger } from "@reelqueue/runtime";
import { type FastifyError, type FastifyInstance, type FastifyPluginCallback, fastify } from "fastify";
import { refuseActions, showTo } from "./board-hooks.ts";
import { changes, createGuard } from "./guard.ts";
import { addHeaders } from "./headers.ts";
import type { Logins } from "./login/logins.ts";
import { addLogin } from "./login/routes.ts";
import { createSlowDown } from "./login/slow-down.ts";

export interface ServerDeps {
  logins: Logins;
  /** Signs the sessions. */
  sessionKey: Buffer;
  board: FastifyPluginCallback;
  log: Logger;
  now?: () => number;
}

const largestBodyBytes = 65_536;

/** The dashboard's server: the board behind a login, and `/healthz`. */
export async function createServer({ logins, sessionKey, board, log, now = Date.now }: ServerDeps) {
  const app = fastify({ bodyLimit: largestBodyBytes, forceCloseConnections: true });
  await app.register(cookie, { secret: sessionKey });
  app.decorateRequest("visitor", null);
  app.addHook("onRequest", createGuard({ logins, now }));
  app.addHook("onSend", async (_request, reply) => addHeaders(reply));
  app.addHook("onResponse", async ({ method, url, visitor }, { statusCode }) => {
    if (visitor && changes({ method }))
      log.info({ event: "dashboard.action", user: visitor.user, method, url, status: statusCode }, "action requested");
  });
  answerPlainly(app, log);
  app.get("/healthz", { config: { open: true } }, () => ({ ok: true, reasons: [] }));
  addLogin(app, { logins, slowDown: createSlowDown(now), now, log });
  await app.register(async (behindLogin) => {
    behindLogin.addHook("preHandler", refuseActions);
    behindLogin.addHook("preSerialization", showTo);
    await behindLogin.register(board);
  });
  return app;
}

/** Errors in the shape that the page shows; what is no fault of the caller is only in the log. */
function answerPlainly(app: FastifyInstance, log: Logger): void {
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: "Not found", message: "There is nothing under this address." }),
  );
  app.setErrorHandler((error: FastifyError, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500) log.error({ event: "dashboard.failed", err: error }, "unhandled error");
    const message = status >= 500 ? "The log has the details." : error.message;
    return reply.code(status).send({ error: status >= 500 ? "Internal error" : "Bad request", message });
  });
}
