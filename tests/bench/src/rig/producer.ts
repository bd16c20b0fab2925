import type { GenerationInput } from "@reelqueue/contracts";
import { createProducer, type Producer } from "@reelqueue/producer";
import type { writeConfig } from "./system.ts";

/** Opens a producer on the installation that `writeConfig` wrote. */
export function openProducer(env: ReturnType<typeof writeConfig> & { REDIS_URL: string }): Promise<Producer> {
  const { REDIS_URL: redisUrl, REELQUEUE_HOME: home, REELQUEUE_CONFIG: configPath } = env;
  return createProducer({ redisUrl, home, configPath, env });
}

/** Enqueues the rows and returns their ids; rejects if one is not accepted. */
export async function enqueueAll(producer: Producer, rows: readonly GenerationInput[]): Promise<string[]> {
  return (await producer.enqueueMany(rows)).map((row) => {
    if (row.kind === "accepted") return row.id;
    throw new Error(`a row was not accepted: ${JSON.stringify(row)}`);
  });
}
