import type { FastifyReply, FastifyRequest } from "fastify";
import type { Login, Logins } from "./login/logins.ts";
import { sessionOf } from "./login/session.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a session. */
    open?: boolean;
  }
  interface FastifyRequest {
    visitor: Login | null;
  }
}

/** Lets nobody through to anything without a session, no other site act in a visitor's name, and no viewer act at all. */
export function createGuard({ logins, now }: { logins: Logins; now: () => number }) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const open = request.routeOptions.config?.open === true;
    request.visitor = sessionOf(request, logins, now()) ?? null;
    if (!open && !request.visitor) return askToLogIn(request, reply);
    if (!changes(request)) return undefined;
    if (!sameOrigin(request)) return refuse(reply, 403, "Refused", "This request does not come from the dashboard.");
    if (!open && request.visitor?.role !== "operator") {
      return refuse(reply, 403, "Refused", "A viewer looks and changes nothing. Log in as the operator.");
    }
    return undefined;
  };
}

function askToLogIn(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (changes(request) || request.url.startsWith("/api")) {
    return refuse(reply, 401, "Not logged in", "Reload the page and log in.");
  }
  return reply.redirect("/login");
}

export function changes({ method }: Pick<FastifyRequest, "method">): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Browsers send the first header over TLS and on loopback, and the second with every request that changes something. */
function sameOrigin({ headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  return headers.origin !== undefined && URL.parse(headers.origin)?.host === headers.host;
}

function refuse(reply: FastifyReply, status: number, error: string, message: string): FastifyReply {
  return reply.code(status).send({ error, message });
}
