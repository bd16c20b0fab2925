import { openContext } from "@reelqueue/pipeline";
import { deriveKey, installationSecret, type Logger, portProblem } from "@reelqueue/runtime";
import { openBoard } from "./board/index.ts";
import type { Env } from "./env.ts";
import { openLogins } from "./login/logins.ts";
import { choosePasswords } from "./login/passwords.ts";
import { createServer } from "./server.ts";

export interface Dashboard {
  url: string;
  /** How to log in, for a person to read. */
  operator: string;
}

/** Opens the dashboard: passwords first, then the installation, and the port last. */
export async function openDashboard(scope: AsyncDisposableStack, env: Env, log: Logger): Promise<Dashboard> {
  const passwords = await choosePasswords(env);
  const installation = await openContext(scope, { ...env, role: "front", log });
  const sessionKey = deriveKey(await installationSecret(env.home), "dashboard-session");
  const server = await createServer({
    logins: openLogins(passwords, sessionKey),
    sessionKey,
    board: openBoard(scope, installation),
    log,
  });
  scope.defer(function closeServer() {
    return server.close();
  });
  const url = await server.listen({ host: env.host, port: env.port }).catch((error: unknown) => {
    throw portProblem(error, env.port);
  });
  return { url, operator: passwords.told };
}
