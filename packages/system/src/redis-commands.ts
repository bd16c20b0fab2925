import { Redis } from "ioredis";

/** How many commands Redis says it has carried out since its start, those inside scripts among them, this question and greetings not. */
export async function commandsServed(url: string): Promise<number> {
  const client = new Redis(url, {
    lazyConnect: true,
    disableClientInfo: true,
    connectTimeout: 2_000,
    commandTimeout: 5_000,
    retryStrategy: null,
  });
  client.on("error", () => undefined); // the command that fails says why
  try {
    await client.connect();
    return sumOfCalls(await client.info("commandstats"));
  } finally {
    client.disconnect();
  }
}

function sumOfCalls(commandstats: string): number {
  const calls = commandstats.matchAll(/^cmdstat_(?!info:|hello:)[^:]+:calls=(\d+)/gm);
  return [...calls].reduce((sum, [, count]) => sum + Number(count), 0);
}
