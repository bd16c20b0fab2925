import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { startLocalRedis } from "@reelqueue/testing";
import { accountName } from "./system.ts";

/** An installation with one account, on a Redis of its own that keeps nothing. */
export async function openInstallation(scope: AsyncDisposableStack): Promise<Installation> {
  const redis = await startLocalRedis({ appendonly: "no" });
  scope.defer(() => redis.stop());
  const home = mkdtempSync(join(tmpdir(), "reelqueue-protocol-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  const configPath = join(home, "config.json");
  const account = { provider: accountName, baseUrl: "http://127.0.0.1:1", keyEnv: "KEY", chargesFailures: false };
  writeFileSync(configPath, JSON.stringify({ durability: "relaxed", accounts: { [accountName]: account } }));
  const installation = await openContext(scope, {
    redisUrl: redis.url,
    home,
    configPath,
    env: { KEY: "a-key" },
    role: "worker",
    log: createLogger({ name: "protocol", level: "silent" }),
  });
  // commands that are sent together share one write to the socket
  installation.cell.redis.options.enableAutoPipelining = true;
  return installation;
}
