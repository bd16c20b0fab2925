import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Installation, openContext } from "@reelqueue/pipeline";
import { createLogger } from "@reelqueue/runtime";
import { writeConfigFile } from "@reelqueue/system";
import { startLocalRedis } from "@reelqueue/testing";
import { accountName } from "./system.ts";

/** An installation with one account, on a Redis of its own that keeps nothing. */
export async function openInstallation(scope: AsyncDisposableStack): Promise<Installation> {
  const redis = await startLocalRedis({ appendonly: "no" });
  scope.defer(() => redis.stop());
  const home = mkdtempSync(join(tmpdir(), "reelqueue-protocol-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  const account = { provider: accountName, baseUrl: "http://127.0.0.1:1", keyEnv: "KEY", chargesFailures: false };
  const configPath = writeConfigFile(home, { durability: "relaxed", accounts: { [accountName]: account } });
  const log = createLogger({ name: "protocol", level: "silent" });
  const at = { redisUrl: redis.url, home, configPath, env: { KEY: "a-key" } };
  const installation = await openContext(scope, { ...at, role: "worker", log });
  // commands that are sent together share one write to the socket
  installation.cell.redis.options.enableAutoPipelining = true;
  return installation;
}
