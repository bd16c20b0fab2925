import { type Cell, LedgerError } from "@reelqueue/ledger";
import type { Logger } from "@reelqueue/runtime";
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyPluginCallback,
  type FastifyReply,
  fastify,
} from "fastify";
import { presentTo, refuseActions, withoutOtherHosts } from "./board/hooks.ts";
import { faultOf } from "./board/index.ts";
import { createGuard, isChange } from "./guard.ts";
import type { Logins } from "./login/logins.ts";
import { createSlowDown } from "./login/logins.ts";
import { addLogin } from "./login/routes.ts";
import { addSessions } from "./login/session.ts";

export interface ServerOptions {
  logins: Logins;
  /** Signs the ids of sessions. */
  sessionKey: Buffer;
  /** Where sessions are stored. */
  cell: Cell;
  board: FastifyPluginCallback;
  log: Logger;
}

const maxBodyBytes = 65_536;

/** The dashboard's server, which does not listen yet: the board behind a login, and `/healthz`. */
export async function createServer({ logins, sessionKey, cell, board, log }: ServerOptions) {
  const app = fastify({ bodyLimit: maxBodyBytes, forceCloseConnections: true });
  await addSessions(app, { key: sessionKey, cell });
  app.decorateRequest("visitor", null);
  app.addHook("onRequest", createGuard(logins));
  app.addHook("onSend", async (_request, reply) => addSecurityHeaders(reply));
  app.addHook("onResponse", async ({ method, url, visitor }, { statusCode }) => {
    if (visitor && isChange({ method }))
      log.info({ event: "dashboard.action", user: visitor.user, method, url, status: statusCode }, "action requested");
  });
  answerErrors(app, cell, log);
  app.get("/healthz", { config: { open: true } }, () => ({ ok: true, reasons: [] }));
  addLogin(app, { logins, slowDown: createSlowDown(), log });
  await app.register(async (behindLogin) => {
    behindLogin.addHook("preHandler", refuseActions);
    behindLogin.addHook("preSerialization", presentTo);
    behindLogin.addHook("onSend", withoutOtherHosts);
    await behindLogin.register(board);
  });
  return app;
}

/** Answers errors in the shape that the page displays; the details of a fault of the server are only in the log. */
function answerErrors(app: FastifyInstance, cell: Cell, log: Logger): void {
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ error: "Not found", message: "There is nothing at this address." }),
  );
  app.setErrorHandler((error: FastifyError | LedgerError, _request, reply) => {
    const status = error instanceof LedgerError ? 500 : (error.statusCode ?? 500);
    if (status < 500) return reply.code(status).send({ error: "Bad request", message: error.message });
    log.error({ event: "dashboard.failed", err: error }, "unhandled error");
    return reply.code(status).send(faultOf(error, cell));
  });
}

/** Bull Board sets styles from its scripts; everything else comes from this server only. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

const securityHeaders = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // with "no-referrer" the login form would carry no Origin, which the guard checks
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

function addSecurityHeaders(reply: FastifyReply): void {
  void reply.headers(securityHeaders);
  if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
}
