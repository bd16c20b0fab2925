import type { FastifyReply, FastifyRequest } from "fastify";
import type { Login, Logins } from "./login/logins.ts";
import { loginOf } from "./login/session.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Answers without a session. */
    open?: boolean;
  }
  interface FastifyRequest {
    visitor: Login | null;
  }
}

/** Refuses requests without a session, changes that another site sends, and changes by a viewer. */
export function createGuard(logins: Logins) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const open = request.routeOptions.config?.open === true;
    request.visitor = loginOf(request, logins) ?? null;
    if (!open && !request.visitor) return askToLogIn(request, reply);
    if (!isChange(request)) return undefined;
    if (!isSameOrigin(request)) return refuse(reply, 403, "Refused", "This request does not come from the dashboard.");
    if (!open && request.visitor?.role !== "operator") {
      return refuse(reply, 403, "Refused", "A viewer cannot change anything. Log in as the operator.");
    }
    return undefined;
  };
}

function askToLogIn(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (isChange(request) || request.url.startsWith("/api")) {
    return refuse(reply, 401, "Not logged in", "Reload the page and log in.");
  }
  return reply.redirect("/login");
}

export function isChange({ method }: Pick<FastifyRequest, "method">): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Browsers send `Sec-Fetch-Site` over TLS and on loopback, and `Origin` with every request that is not GET or HEAD. */
function isSameOrigin({ headers }: FastifyRequest): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  return headers.origin !== undefined && URL.parse(headers.origin)?.host === headers.host;
}

function refuse(reply: FastifyReply, status: number, error: string, message: string): FastifyReply {
  return reply.code(status).send({ error, message });
}
