import { mkdirSync } from "node:fs";
import { basename, join } from "node:path";
import { redisUrl, withoutPassword } from "@reelqueue/contracts";
import { SystemError } from "./error.ts";
import { rememberedPort } from "./ports.ts";
import { findRedisServer, type Machine } from "./redis-binary.ts";
import { startRedisInDocker } from "./redis-docker.ts";
import { pingRedis } from "./redis-ping.ts";
import { redisServerArguments } from "./redis-server.ts";
import { supervise } from "./supervise.ts";

export interface Redis {
  url: string;
  /** Where it comes from, for a person to read. */
  how: string;
  stop(): Promise<void>;
}

export interface RedisWish extends Machine {
  /** Folder of the workspace, where docker-compose.yml stands. */
  root: string;
  home: string;
  /** A Redis that is there already; it is used and never stopped. */
  url: string | undefined;
  /** Where a server of ours listens; left out: where it did last time, else at any free one. */
  port?: number | undefined;
  signal?: AbortSignal;
}

const graceMs = 15_000;

/** A Redis that keeps what it acknowledges: the given one, else a server of ours, else Docker Compose, else one installed by apt. */
export async function ensureRedis(wish: RedisWish): Promise<Redis> {
  if (wish.url !== undefined) return await given(wish.url);
  const binary = await findRedisServer(wish, { install: false });
  if (binary !== undefined) return await startOwn(binary, wish);
  const inDocker = await startRedisInDocker(wish);
  if (inDocker !== undefined) return inDocker;
  const installed = await findRedisServer(wish, { install: true });
  if (installed !== undefined) return await startOwn(installed, wish);
  throw new SystemError("redis_missing", noRedis);
}

/** What to do where no Redis can be had. */
export const noRedis =
  "There is no Redis: install redis-server (Debian, Ubuntu: sudo apt-get install redis-server; macOS: brew install redis), start Docker, or set REDIS_URL.";

async function given(url: string): Promise<Redis> {
  const form = redisUrl.safeParse(url);
  if (!form.success) {
    const forms = form.error.issues[0]?.message ?? "";
    throw new SystemError(
      "redis_unreachable",
      `REDIS_URL is no address of a Redis (${withoutPassword(url)}): ${forms}.`,
    );
  }
  const reason = await pingRedis(url);
  if (reason === undefined) return { url, how: "REDIS_URL", stop: async () => {} };
  throw new SystemError(
    "redis_unreachable",
    `The Redis of REDIS_URL (${withoutPassword(url)}) does not answer: ${reason}; start it, or unset REDIS_URL to have one started here.`,
  );
}

async function startOwn(binary: string, { home, env, log, signal, port: wished }: RedisWish): Promise<Redis> {
  if (signal?.aborted) throw new SystemError("stopped", "stopped while it started");
  const directory = join(home, "redis");
  mkdirSync(directory, { recursive: true });
  const port = wished ?? (await rememberedPort(join(directory, "port")));
  const url = `redis://127.0.0.1:${port}`;
  const server = supervise(
    {
      name: "redis",
      command: binary,
      arguments: redisServerArguments({ port, directory }),
      env,
      home,
      ready: async () => (await pingRedis(url)) === undefined,
      graceMs,
    },
    { log },
  );
  const giveUp = () => void server.stop();
  signal?.addEventListener("abort", giveUp);
  await server.ready.finally(() => signal?.removeEventListener("abort", giveUp));
  return { url, how: `${basename(binary)}, data in ${directory}`, stop: () => server.stop() };
}
