import type { FastifyReply, FastifyRequest } from "fastify";
import type { Login, Logins } from "./logins.ts";

const cookie = "reelqueue_dashboard";
const lifetimeSeconds = 12 * 3_600;

/** Gives the browser a signed session of 12 hours that no script and no other site can use. */
export function beginSession(request: FastifyRequest, reply: FastifyReply, login: Login, nowMs: number): void {
  const value = `${login.fingerprint}.${nowMs + lifetimeSeconds * 1_000}`;
  void reply.setCookie(cookie, value, { ...attributes(request), maxAge: lifetimeSeconds, signed: true });
}

export function endSession(request: FastifyRequest, reply: FastifyReply): void {
  void reply.clearCookie(cookie, attributes(request));
}

/** Whose session a request carries; `undefined` where it carries none that is genuine, in time and of today's password. */
export function sessionOf(request: FastifyRequest, logins: Logins, nowMs: number): Login | undefined {
  const signed = request.cookies[cookie];
  const opened = signed === undefined ? undefined : request.unsignCookie(signed);
  if (!opened?.valid) return undefined;
  const [fingerprint = "", expiresMs = ""] = opened.value.split(".");
  return Number(expiresMs) > nowMs ? logins.named(fingerprint) : undefined;
}

/** A client that claims TLS where there is none only keeps its own cookie from being sent. */
function attributes({ headers }: FastifyRequest) {
  return {
    path: "/",
    httpOnly: true,
    sameSite: "strict" as const,
    secure: headers["x-forwarded-proto"] === "https",
  };
}
