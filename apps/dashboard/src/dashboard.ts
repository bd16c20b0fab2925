import { openContext } from "@reelqueue/pipeline";
import { deriveKey, installationSecret, type Logger, portProblem } from "@reelqueue/runtime";
import { openBoard } from "./board/index.ts";
import type { Env } from "./env.ts";
import { openLogins } from "./login/logins.ts";
import { choosePasswords } from "./login/passwords.ts";
import { createServer } from "./server.ts";

export interface Dashboard {
  url: string;
  /** A sentence for the operator: how to log in. */
  loginHint: string;
}

/** Opens the dashboard. Throws a StartError for a weak password, a wrong configuration, no Redis or a port in use. */
export async function openDashboard(scope: AsyncDisposableStack, env: Env, log: Logger): Promise<Dashboard> {
  const passwords = await choosePasswords(env);
  const installation = await openContext(scope, { ...env, role: "front", log });
  const sessionKey = deriveKey(await installationSecret(env.home), "dashboard-session");
  const server = await createServer({
    logins: openLogins(passwords, sessionKey),
    sessionKey,
    cell: installation.cell,
    board: openBoard(scope, installation),
    log,
  });
  scope.defer(function closeServer() {
    return server.close();
  });
  const url = await server.listen({ host: env.host, port: env.port }).catch((error: unknown) => {
    throw portProblem(error, env.port);
  });
  return { url, loginHint: passwords.hint };
}
