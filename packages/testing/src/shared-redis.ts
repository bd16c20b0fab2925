import { randomInt } from "node:crypto";
import { startLocalRedis } from "./local-redis.ts";

const variable = "REELQUEUE_TEST_REDIS_URL";
let own: Promise<string> | undefined;

/** The Redis that all tests of a run share; each test keeps to keys of its own, by `uniqueCell`. */
export async function sharedRedis(): Promise<string> {
  const given = process.env[variable];
  if (given !== undefined) return given;
  own ??= startLocalRedis().then(({ url, how }) => {
    console.log(`Redis for these tests: ${how}`);
    return url;
  });
  return await own;
}

/** A cell that no other test uses. */
export function uniqueCell(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz";
  return Array.from({ length: 12 }, () => letters[randomInt(letters.length)]).join("");
}
