import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startRedisInDocker } from "./redis-docker.ts";
import { program, temporaryHome } from "./test-home.ts";

/** A `docker` that notes what it is asked, and answers as the script says. */
function fakeDocker(script: string) {
  const home = temporaryHome();
  chmodSync(program(home, "docker", `#!/bin/sh\necho "$* $REDIS_PORT" >> "${home}/calls"\n${script}\n`), 0o755);
  const said: string[] = [];
  const wish = {
    root: home,
    home,
    url: undefined,
    env: { PATH: `${home}:/usr/bin:/bin` },
    log: (line: string) => said.push(line),
  };
  const calls = () =>
    readFileSync(join(home, "calls"), "utf8")
      .trim()
      .split("\n")
      .map((call) => call.trim());
  return { wish, said, calls };
}

test("starts the service redis on a port that it remembers, and stops it", async () => {
  const { wish, calls } = fakeDocker('[ "$2" = port ] && exit 1; exit 0');
  const redis = await startRedisInDocker(wish);
  const port = readFileSync(join(wish.home, "redis-docker-port"), "utf8").trim();
  expect(redis).toMatchObject({ url: `redis://127.0.0.1:${port}`, how: "Docker Compose, service redis" });
  await redis?.stop();
  expect(calls()).toEqual([
    "info",
    "compose version",
    "compose port redis 6379",
    `compose up -d --wait redis ${port}`,
    "compose stop redis",
  ]);
});

test("a service that somebody else runs is used and left running", async () => {
  const { wish, calls } = fakeDocker('[ "$2" = port ] && echo 127.0.0.1:6379; exit 0');
  const redis = await startRedisInDocker(wish);
  expect(redis?.url).toBe("redis://127.0.0.1:6379");
  await redis?.stop();
  expect(calls().at(-1)).toBe("compose port redis 6379");
});

test("no engine or no Compose: it is not taken", async () => {
  expect(await startRedisInDocker(fakeDocker('[ "$1" = info ] && exit 1; exit 0').wish)).toBeUndefined();
  expect(await startRedisInDocker(fakeDocker('[ "$2" = version ] && exit 1; exit 0').wish)).toBeUndefined();
});

test("a container that does not start is told, and the next way is tried", async () => {
  const { wish, said } = fakeDocker(
    '[ "$2" = port ] && exit 1; [ "$2" = up ] && echo "no space left" >&2 && exit 1; exit 0',
  );
  expect(await startRedisInDocker(wish)).toBeUndefined();
  expect(said).toContain("Docker Compose could not start Redis: no space left");
});
