import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { rememberedPort } from "./ports.ts";
import type { Redis, RedisWish } from "./redis.ts";
import { onPath } from "./redis-binary.ts";

const run = promisify(execFile);

/** Redis by the workspace's docker-compose.yml; `undefined` where Docker Compose is not there or no engine answers. */
export async function startRedisInDocker({ root, home, env, log }: RedisWish): Promise<Redis | undefined> {
  const docker = onPath(["docker"], env);
  if (docker === undefined) return undefined;
  const compose = async (args: string[], more: NodeJS.ProcessEnv = {}) =>
    (await run(docker, ["compose", ...args], { cwd: root, env: { ...env, ...more } })).stdout.trim();
  try {
    await run(docker, ["info"], { env, timeout: 10_000 });
    await compose(["version"]);
  } catch {
    return undefined;
  }
  const how = "Docker Compose, service redis";
  const running = await compose(["port", "redis", "6379"]).catch(() => "");
  if (running !== "") return { url: `redis://${running}`, how, stop: async () => {} };
  log("Starting Redis with Docker Compose.");
  try {
    const port = await rememberedPort(join(home, "redis-docker-port"));
    await compose(["up", "-d", "--wait", "redis"], { REDIS_PORT: `${port}` });
    return {
      url: `redis://127.0.0.1:${port}`,
      how,
      stop: async () => {
        await compose(["stop", "redis"]);
      },
    };
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? `${error.stderr}` : `${error}`;
    log(`Docker Compose could not start Redis: ${said.trim().split("\n").at(-1)}`);
    return undefined;
  }
}
