import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { onPath, SystemError } from "../machine.ts";
import { rememberedPort } from "../ports.ts";
import type { Redis, RedisOptions } from "./server.ts";

const run = promisify(execFile);

/** Starts the service `redis` of docker-compose.yml; `undefined` without Docker Compose or if the start fails. */
export async function startRedisInDocker(options: RedisOptions): Promise<Redis | undefined> {
  const { root, home, env, log } = options;
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
  if (running !== "") return { url: asked(running, options.port), how, stop: async () => {} };
  log("Starting Redis with Docker Compose.");
  try {
    const port = options.port ?? (await rememberedPort(join(home, "redis-docker-port")));
    await compose(["up", "-d", "--wait", "redis"], { REDIS_PORT: `${port}` });
    return {
      url: `redis://127.0.0.1:${port}`,
      how,
      stop: async () => {
        await compose(["stop", "redis"]);
      },
    };
  } catch (error) {
    const output = error instanceof Error && "stderr" in error ? `${error.stderr}` : `${error}`;
    log(`Docker Compose could not start Redis: ${output.trim().split("\n").at(-1)}`);
    return undefined;
  }
}

/** The URL of the running service; another port than that which is asked for is refused. */
function asked(address: string, port: number | undefined): string {
  if (port === undefined || address.endsWith(`:${port}`)) return `redis://${address}`;
  throw new SystemError(
    `The Redis of Docker Compose runs at ${address}, not at port ${port}: leave out REDIS_PORT, or stop it with: docker compose stop redis`,
  );
}
