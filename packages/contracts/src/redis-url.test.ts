import { expect, test } from "vitest";
import { readRedisUrl, redisUrl, withoutPassword } from "./redis-url.ts";

test("readRedisUrl: parses every form", () => {
  expect(readRedisUrl("redis://u:p@h:1/2")).toEqual({ kind: "single", url: "redis://u:p@h:1/2" });
  expect(readRedisUrl("redis+sentinel://u:p%40%2Fss@one:1,[::1]:2,three/mine?db=3")).toEqual({
    kind: "sentinel",
    nodes: [
      { host: "one", port: 1 },
      { host: "::1", port: 2 },
      { host: "three", port: 26_379 },
    ],
    tls: false,
    username: "u",
    password: "p@/ss",
    name: "mine",
    db: 3,
  });
  expect(readRedisUrl("redis+sentinel://one:1/mine?sentinelPassword=s")).toMatchObject({
    sentinelPassword: "s",
    db: 0,
  });
  expect(readRedisUrl("rediss+cluster://:p@one:1,two")).toEqual({
    kind: "cluster",
    nodes: [
      { host: "one", port: 1 },
      { host: "two", port: 6_379 },
    ],
    tls: true,
    password: "p",
  });
});

test.each([
  ["valkey://u:p@h:1/2", "redis://u:p@h:1/2"],
  ["valkeys://h:1", "rediss://h:1"],
  ["VALKEY://h:1", "redis://h:1"],
  ["redis://[::1]:1?family=6", "redis://[::1]:1?family=6"],
])("readRedisUrl: %s is for the Redis client %s", (url, single) => {
  expect(readRedisUrl(url)).toEqual({ kind: "single", url: single });
});

test.each([
  ["valkey+sentinel://one:1/mine", "redis+sentinel://one:1/mine"],
  ["valkeys+sentinel://u:p@one:1,two/mine?db=2", "rediss+sentinel://u:p@one:1,two/mine?db=2"],
  ["valkey+cluster://one:1,two", "redis+cluster://one:1,two"],
  ["valkeys+cluster://one:1", "rediss+cluster://one:1"],
])("readRedisUrl: %s means %s", (valkey, redis) => {
  expect(readRedisUrl(valkey)).toEqual(readRedisUrl(redis));
});

test.each([
  "",
  "localhost",
  "http://one:1",
  "redis://",
  "redis+sentinel://one:1,two:2",
  "redis+sentinel://one:1/a/b",
  "redis+sentinel://one:1/mine?db=x",
  "redis+sentinel://one:99999/mine",
  "redis+sentinel://one:1,,two:2/mine",
  "redis+cluster://one:1/3",
  "redis+cluster://",
  "redis+other://one:1",
  "valkey+other://one:1",
  "valkeyss://one:1",
  "redis://one:1/name",
  "redis://:50%@one:1",
  "redis+cluster://:50%@one:1",
])("readRedisUrl: rejects %s and lists the accepted forms", (url) => {
  expect(() => readRedisUrl(url)).toThrow(/redis\+sentinel:\/\/.*redis\+cluster:\/\//);
  expect(redisUrl.safeParse(url).success).toBe(false);
});

test.each([
  ["redis://u:secret@h:1/2", "redis://***@h:1/2"],
  [
    "redis+sentinel://u:secret@a:1,b:2/mine?sentinelPassword=secret",
    "redis+sentinel://***@a:1,b:2/mine?sentinelPassword=***",
  ],
  ["redis://h:1", "redis://h:1"],
])("withoutPassword: masks the credentials of %s", (url, shown) => {
  expect(withoutPassword(url)).toBe(shown);
});
