import type { Logger } from "@reelqueue/runtime";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logins } from "./logins.ts";
import { loginPage } from "./page.ts";
import { beginSession, endSession } from "./session.ts";
import type { SlowDown } from "./slow-down.ts";

export interface LoginContext {
  logins: Logins;
  slowDown: SlowDown;
  log: Logger;
}

const maxFormBytes = 4_096;

/** The login form, the only page without a session, and the logout. */
export function addLogin(app: FastifyInstance, ctx: LoginContext): void {
  app.addContentTypeParser<string>(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: maxFormBytes },
    (_request, body, done) => done(null, new URLSearchParams(body)),
  );
  app.get("/login", { config: { open: true } }, (_request, reply) => reply.type("text/html").send(loginPage()));
  app.post("/login", { config: { open: true } }, (request, reply) => logIn(request, reply, ctx));
  app.get("/logout", async (request, reply) => {
    await endSession(request, reply);
    return reply.redirect("/login");
  });
}

async function logIn(
  request: FastifyRequest,
  reply: FastifyReply,
  { logins, slowDown, log }: LoginContext,
): Promise<FastifyReply> {
  const waitSeconds = Math.ceil(slowDown.waitMs(request.ip) / 1_000);
  if (waitSeconds > 0) {
    void reply.code(429).header("retry-after", waitSeconds);
    return sendForm(reply, `Too many wrong passwords. Try again in ${waitSeconds} s.`);
  }
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const login = logins.match({ user: form.get("user") ?? "", password: form.get("password") ?? "" });
  if (!login) {
    slowDown.failed(request.ip);
    log.warn({ event: "login.failed", address: request.ip }, "login failed");
    return sendForm(reply.code(401), "User or password is wrong.");
  }
  slowDown.passed(request.ip);
  await beginSession(request, login);
  log.info({ event: "login.succeeded", user: login.user, role: login.role, address: request.ip }, "logged in");
  return reply.redirect("/", 303);
}

function sendForm(reply: FastifyReply, problem: string): FastifyReply {
  return reply.type("text/html").send(loginPage(problem));
}
