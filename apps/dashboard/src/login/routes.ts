import type { Logger } from "@reelqueue/runtime";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logins, SlowDown } from "./logins.ts";
import { beginSession, endSession } from "./session.ts";
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

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { display: grid; place-content: center; min-height: 100vh; margin: 0; background: light-dark(#f4f6f8, #151a21) }
  form { display: grid; gap: 1rem; width: 20rem; padding: 2rem; border-radius: .75rem;
    background: light-dark(#fff, #1e252e); box-shadow: 0 1px 8px rgb(0 0 0 / .15) }
  h1 { margin: 0; font-size: 1.25rem }
  label { display: grid; gap: .25rem; font-size: .875rem }
  input, button { font: inherit; padding: .5rem .75rem; border: 1px solid light-dark(#c5ccd4, #3a4552); border-radius: .5rem }
  button { border: 0; color: #fff; background: #3566c8; cursor: pointer }
  p { margin: 0; color: light-dark(#b3261e, #ff8a80); font-size: .875rem }
`;

/**
 * The login page. It loads no other file: they are all behind the login. `problem` is not escaped: never pass a
 * visitor's text.
 */
function loginPage(problem?: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>reelqueue</title>
<style>${style}</style>
</head>
<body>
<form method="post" action="/login">
<h1>reelqueue</h1>
${problem === undefined ? "" : `<p role="alert">${problem}</p>`}
<label>User <input name="user" autocomplete="username" required autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Log in</button>
</form>
</body>
</html>
`;
}
