import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AccountConfig, GenerationInput } from "@reelqueue/contracts";
import { createProducer, type Producer } from "@reelqueue/producer";
import { accountsAt, writeTestConfig } from "@reelqueue/testing";

/** Writes a configuration with the account `hiapi` and others at the simulator, in real time. */
export function writeConfig(
  simulatorUrl: string,
  account: Partial<AccountConfig>,
  others: Readonly<Record<string, Partial<AccountConfig>>> = {},
) {
  const accounts = accountsAt({ url: simulatorUrl, clockFactor: 1 }, { hiapi: account, ...others });
  return writeTestConfig(mkdtempSync(join(tmpdir(), "home-")), { accounts });
}

/** Opens a producer on the installation that `writeConfig` wrote. */
export function openProducer(redisUrl: string, env: ReturnType<typeof writeConfig>): Promise<Producer> {
  const { REELQUEUE_HOME: home, REELQUEUE_CONFIG: configPath } = env;
  return createProducer({ redisUrl, home, configPath, env });
}

/** Enqueues the rows and returns their ids; rejects if one is not accepted. */
export async function enqueueAll(producer: Producer, rows: readonly GenerationInput[]): Promise<string[]> {
  return (await producer.enqueueMany(rows)).map((row) => {
    if (row.kind === "accepted") return row.id;
    throw new Error(`a row was not accepted: ${JSON.stringify(row)}`);
  });
}
