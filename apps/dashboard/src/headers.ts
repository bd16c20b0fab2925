import type { FastifyReply } from "fastify";

/** Bull Board sets styles from its scripts; everything else comes from this server and nowhere else. */
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

const always = {
  "content-security-policy": contentSecurityPolicy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // "no-referrer" would also take the Origin from the login form, by which the guard knows it
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
};

/** The headers of every answer. */
export function addHeaders(reply: FastifyReply): void {
  void reply.headers(always);
  if (!reply.hasHeader("cache-control")) void reply.header("cache-control", "no-store");
}
