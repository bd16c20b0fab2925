import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { redisUrl, withoutPassword } from "@reelqueue/contracts";
import { filesOf } from "../home.ts";
import { SystemError } from "../machine.ts";
import { portTaken, rememberedPort } from "../ports.ts";
import { Supervised } from "../process/supervise.ts";
import { findRedisServer, noRedis } from "./binary.ts";
import { startRedisInDocker } from "./docker.ts";
import { pingRedis } from "./probe.ts";
import { type Redis, type RedisOptions, redisServerArguments } from "./server.ts";

const graceMs = 15_000;

/**
 * A Redis that answers: that of `url`, else a local server, else Docker Compose, else a server installed by apt.
 * A started one loses no acknowledged write. Throws a SystemError where none of them works.
 */
export async function ensureRedis(options: RedisOptions): Promise<Redis> {
  if (options.url !== undefined) return await existing(options.url);
  const binary = await findRedisServer(options, { install: false });
  if (binary !== undefined) return await startServer(binary, options);
  const inDocker = await startRedisInDocker(options);
  if (inDocker !== undefined) return inDocker;
  const installed = await findRedisServer(options, { install: true });
  if (installed !== undefined) return await startServer(installed, options);
  throw new SystemError(noRedis);
}

async function existing(url: string): Promise<Redis> {
  const form = redisUrl.safeParse(url);
  if (!form.success) {
    const forms = form.error.issues[0]?.message ?? "";
    throw new SystemError(`REDIS_URL is no address of a Redis (${withoutPassword(url)}): ${forms}.`);
  }
  const reason = await pingRedis(url);
  if (reason === undefined) return { url, how: "REDIS_URL", stop: async () => {} };
  throw new SystemError(
    `The Redis of REDIS_URL (${withoutPassword(url)}) does not answer: ${reason}; start it, or unset REDIS_URL to have one started here.`,
  );
}

async function startServer(binary: string, options: RedisOptions): Promise<Redis> {
  const { home, env, log, signal } = options;
  if (signal?.aborted) throw new SystemError("stopped while it started");
  const directory = join(home, "redis");
  mkdirSync(directory, { recursive: true });
  const port = await portOf(options.port, join(directory, "port"));
  const url = `redis://127.0.0.1:${port}`;
  const server = new Supervised(
    {
      name: "redis",
      command: binary,
      args: redisServerArguments({ port, directory }),
      env,
      ...filesOf(home, "redis"),
      ready: async () => (await pingRedis(url)) === undefined,
      graceMs,
    },
    { log },
  );
  const giveUp = () => void server.stop();
  signal?.addEventListener("abort", giveUp);
  await server.ready().finally(() => signal?.removeEventListener("abort", giveUp));
  return { url, how: `${basename(binary)}, data in ${directory}`, stop: () => server.stop() };
}

/** The port that is asked for, else the remembered one. The file names it for other programs, as for the example. */
async function portOf(given: number | undefined, file: string): Promise<number> {
  if (given === undefined) return await rememberedPort(file);
  if (await portTaken(given)) {
    throw new SystemError(
      `Port ${given} (redis) is in use; stop the program that uses it, or set another port with REDIS_PORT.`,
    );
  }
  writeFileSync(file, `${given}\n`);
  return given;
}
