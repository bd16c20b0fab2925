import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { program, temporaryHome } from "../test-home.ts";
import { startRedisInDocker } from "./docker.ts";

/** A `docker` that records its arguments and then runs the script. */
function fakeDocker(script: string) {
  const home = temporaryHome();
  chmodSync(program(home, "docker", `#!/bin/sh\necho "$* $REDIS_PORT" >> "${home}/calls"\n${script}\n`), 0o755);
  const logged: string[] = [];
  const options = {
    root: home,
    home,
    url: undefined,
    env: { PATH: `${home}:/usr/bin:/bin` },
    log: (line: string) => logged.push(line),
  };
  const calls = () =>
    readFileSync(join(home, "calls"), "utf8")
      .trim()
      .split("\n")
      .map((call) => call.trim());
  return { options, logged, calls };
}

test("Docker Compose: starts the service redis on a port that is stored, and stops it", async () => {
  const { options, calls } = fakeDocker('[ "$2" = port ] && exit 1; exit 0');
  const redis = await startRedisInDocker(options);
  const port = readFileSync(join(options.home, "redis-docker-port"), "utf8").trim();
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

test("Docker Compose: a running service is used and not stopped", async () => {
  const { options, calls } = fakeDocker('[ "$2" = port ] && echo 127.0.0.1:6379; exit 0');
  const redis = await startRedisInDocker(options);
  expect(redis?.url).toBe("redis://127.0.0.1:6379");
  await redis?.stop();
  expect(calls().at(-1)).toBe("compose port redis 6379");
});

test("Docker Compose: a chosen port is used; a running service at another port is refused", async () => {
  const { options, calls } = fakeDocker('[ "$2" = port ] && exit 1; exit 0');
  expect((await startRedisInDocker({ ...options, port: 7_000 }))?.url).toBe("redis://127.0.0.1:7000");
  expect(calls().at(-1)).toBe("compose up -d --wait redis 7000");
  const running = fakeDocker('[ "$2" = port ] && echo 127.0.0.1:6379; exit 0').options;
  expect((await startRedisInDocker({ ...running, port: 6_379 }))?.url).toBe("redis://127.0.0.1:6379");
  await expect(startRedisInDocker({ ...running, port: 7_000 })).rejects.toThrow("runs at 127.0.0.1:6379");
});

test("Docker Compose: undefined without an engine or without Compose", async () => {
  expect(await startRedisInDocker(fakeDocker('[ "$1" = info ] && exit 1; exit 0').options)).toBeUndefined();
  expect(await startRedisInDocker(fakeDocker('[ "$2" = version ] && exit 1; exit 0').options)).toBeUndefined();
});

test("Docker Compose: a failed start is logged and undefined", async () => {
  const { options, logged } = fakeDocker(
    '[ "$2" = port ] && exit 1; [ "$2" = up ] && echo "no space left" >&2 && exit 1; exit 0',
  );
  expect(await startRedisInDocker(options)).toBeUndefined();
  expect(logged).toContain("Docker Compose could not start Redis: no space left");
});
