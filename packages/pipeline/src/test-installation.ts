import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountConfig, Config } from "@reelqueue/contracts";
import { createLogger } from "@reelqueue/runtime";
import { sharedRedis, uniqueCell } from "@reelqueue/testing";
import type { Context } from "./context.ts";
import { startMaintenance } from "./maintain/maintain.ts";
import { type Installation, openContext } from "./open.ts";
import { startReconciler } from "./reconcile/reconcile.ts";
import { startUploader } from "./upload/upload.ts";

/**
 * An installation with its own cell and folder, and accounts `hiapi`, `jiekou` and those given, each named as its
 * provider. Its requests do not leave this machine.
 */
export async function testInstallation(
  scope: AsyncDisposableStack,
  accounts: Record<string, Partial<AccountConfig>> = {},
  more: Partial<Config> = {},
): Promise<Installation> {
  const home = mkdtempSync(join(tmpdir(), "reelqueue-pipeline-"));
  scope.defer(() => rmSync(home, { recursive: true, force: true }));
  const account = (provider: string) => ({
    provider,
    baseUrl: `http://127.0.0.1:1/${provider}`,
    keyEnv: "KEY",
    ...accounts[provider],
  });
  const names = [...new Set(["hiapi", "jiekou", ...Object.keys(accounts)])];
  const configPath = join(home, "config.json");
  writeFileSync(
    configPath,
    JSON.stringify({
      cell: uniqueCell(),
      durability: "relaxed",
      ...more,
      accounts: Object.fromEntries(names.map((name) => [name, account(name)])),
    }),
  );
  return openContext(scope, {
    redisUrl: await sharedRedis(),
    home,
    configPath,
    env: { KEY: "a-key" },
    role: "worker",
    log: createLogger({ name: "test", level: "silent" }),
  });
}

/** Starts the loops of a poller process other than polls: maintenance, reconciliation, uploads. */
export function startBackground(ctx: Context): AsyncDisposable {
  const scope = new AsyncDisposableStack();
  for (const loops of [startMaintenance(ctx, { retentionMs: 1e9 }), startReconciler(ctx), startUploader(ctx)])
    scope.use(loops);
  return scope;
}
