import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer, freePort, noRedis, pingRedis, redisServerArguments } from "@reelqueue/system";
import { type RunningProcess, startProcess } from "@reelqueue/system/testing";

/** Settings of a test's Redis. Defaults as in production: AOF with `appendfsync always`, noeviction. */
export interface RedisOptions {
  appendonly?: "yes" | "no";
  appendfsync?: "always" | "everysec" | "no";
  /** For example `64mb`. */
  maxmemory?: string;
  maxmemoryPolicy?: string;
}

export interface TestRedis {
  url: string;
  port: number;
  /** Its origin, for the terminal. */
  how: string;
  stop(): Promise<void>;
}

/** A redis-server process of one test; it can be killed, frozen and restarted with its data. */
export interface LocalRedis extends TestRedis {
  /** Its data folder. */
  directory: string;
  pid(): number | undefined;
  alive(): boolean;
  /** Sends the signal, by default SIGKILL; resolves at the exit, or at once for SIGSTOP and SIGCONT. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Stops it by SIGTERM if it runs, then starts it on the same port with the same data. */
  restart(): Promise<void>;
}

const startAttempts = 3;

/** Starts a redis-server on a free port with a new data folder, which `stop` removes. `env` adds variables. */
export function startLocalRedis(options: RedisOptions = {}, env: Record<string, string> = {}): Promise<LocalRedis> {
  return startRedisProcess(({ port, directory }) => redisServerArguments({ port, directory, ...options }), env);
}

/** Builds the arguments from the port and the data folder. */
type RedisArguments = (place: { port: number; directory: string }) => string[];

/** As `startLocalRedis`, with any arguments: a replica, a Sentinel, a cluster node. */
export async function startRedisProcess(args: RedisArguments, env: Record<string, string> = {}): Promise<LocalRedis> {
  const binary = await findRedisServer({ env: process.env, log: console.log }, { install: true });
  if (binary === undefined) throw new Error(noRedis);
  for (let attempt = 1; ; attempt += 1) {
    const server = new LocalServer(binary, await freePort(), args, env);
    try {
      await server.start();
      return server;
    } catch (error) {
      await server.stop();
      if (attempt === startAttempts) throw error;
    }
  }
}

class LocalServer implements LocalRedis {
  readonly port: number;
  readonly url: string;
  readonly how: string;
  readonly directory = mkdtempSync(join(tmpdir(), "reelqueue-redis-"));
  readonly #binary: string;
  readonly #args: RedisArguments;
  readonly #env: Record<string, string>;
  #run: RunningProcess | undefined;

  constructor(binary: string, port: number, args: RedisArguments, env: Record<string, string>) {
    this.#binary = binary;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.how = `${binary} process`;
    this.#args = args;
    this.#env = env;
  }

  pid(): number | undefined {
    return this.#run?.pid;
  }

  alive(): boolean {
    return this.#run?.alive() ?? false;
  }

  async start(): Promise<void> {
    this.#run = startProcess({
      name: "Redis",
      command: this.#binary,
      args: this.#args({ port: this.port, directory: this.directory }),
      env: { ...process.env, ...this.#env },
      log: join(this.directory, "redis.log"),
      ready: async () => (await pingRedis(this.url)) === undefined,
      readyWithinMs: 30_000,
      endsWithUs: true,
    });
    await this.#run.ready();
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.#run?.kill(signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await this.#run?.exited;
  }

  async restart(): Promise<void> {
    await this.kill("SIGTERM");
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }
}
