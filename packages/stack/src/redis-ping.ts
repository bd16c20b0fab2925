import { Redis } from "ioredis";

/** Asks once; answers `undefined` if Redis takes commands, else why not. */
export async function pingRedis(url: string, timeoutMs = 2_000): Promise<string | undefined> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: null,
  });
  let reason: string | undefined;
  client.on("error", (error: Error) => {
    reason ??= error.message;
  });
  try {
    await client.connect();
    await client.ping();
    return undefined;
  } catch (error) {
    return reason ?? (error instanceof Error ? error.message : String(error));
  } finally {
    client.disconnect();
  }
}

/** The address without what stands in it to log in. */
export function withoutPassword(url: string): string {
  return URL.canParse(url) ? `${new URL(url).protocol}//${new URL(url).host}` : "(not a URL)";
}
