import { startRedis } from "./redis.ts";

const variable = "REELQUEUE_TEST_REDIS_URL";

/** Starts the Redis that all tests of a run share, says which it is, and gives its URL to the workers by the environment. */
export default async function globalSetup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[variable] !== undefined) return undefined;
  const redis = await startRedis();
  console.log(`Redis for the tests: ${redis.how}`);
  process.env[variable] = redis.url;
  return () => redis.stop();
}
