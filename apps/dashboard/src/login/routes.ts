import type { Logger } from "@reelqueue/runtime";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logins } from "./logins.ts";
import { loginPage } from "./page.ts";
import { beginSession, endSession } from "./session.ts";
import type { SlowDown } from "./slow-down.ts";

export interface LoginDeps {
  logins: Logins;
  slowDown: SlowDown;
  now: () => number;
  log: Logger;
}

const largestFormBytes = 4_096;

/** The login form, the only pages that need no session. */
export function addLogin(app: FastifyInstance, deps: LoginDeps): void {
  app.addContentTypeParser<string>(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: largestFormBytes },
    (_request, body, done) => done(null, new URLSearchParams(body)),
  );
  app.get("/login", { config: { open: true } }, (_request, reply) => reply.type("text/html").send(loginPage()));
  app.post("/login", { config: { open: true } }, (request, reply) => logIn(request, reply, deps));
  app.get("/logout", (request, reply) => {
    endSession(request, reply);
    return reply.redirect("/login");
  });
}

function logIn(request: FastifyRequest, reply: FastifyReply, { logins, slowDown, now, log }: LoginDeps): FastifyReply {
  const waitSeconds = Math.ceil(slowDown.waitMs(request.ip) / 1_000);
  if (waitSeconds > 0) {
    void reply.code(429).header("retry-after", waitSeconds);
    return page(reply, `Too many wrong passwords. Try again in ${waitSeconds} s.`);
  }
  const form = request.body instanceof URLSearchParams ? request.body : new URLSearchParams();
  const login = logins.match({ user: form.get("user") ?? "", password: form.get("password") ?? "" });
  if (!login) {
    slowDown.failed(request.ip);
    log.warn({ event: "login.failed", address: request.ip }, "login failed");
    return page(reply.code(401), "User or password is wrong.");
  }
  slowDown.passed(request.ip);
  log.info({ event: "login.succeeded", user: login.user, role: login.role, address: request.ip }, "logged in");
  beginSession(request, reply, login, now());
  return reply.redirect("/", 303);
}

function page(reply: FastifyReply, problem: string): FastifyReply {
  return reply.type("text/html").send(loginPage(problem));
}
