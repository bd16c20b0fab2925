import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer, freePort, noRedis, pingRedis, redisServerArguments } from "@reelqueue/system";
import { endsWithUs } from "./children.ts";
import { eventually } from "./eventually.ts";
import type { RedisWish, TestRedis } from "./redis.ts";

/** A redis-server process of the test's own, which can be killed, frozen and started again with its data. */
export interface LocalRedis extends TestRedis {
  /** Where its data lies. */
  directory: string;
  pid(): number | undefined;
  alive(): boolean;
  /** Sends the signal; resolves once the process is gone, or at once for SIGSTOP and SIGCONT. Default SIGKILL. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port with the same data, after ending it where it still runs. */
  restart(): Promise<void>;
}

const startTries = 3;

/** Starts a redis-server process on a free port, with its data in a folder of its own that `stop` removes; `env`: further variables of the process. */
export function startLocalRedis(wish: RedisWish = {}, env: Record<string, string> = {}): Promise<LocalRedis> {
  return startRedisProcess(({ port, directory }) => redisServerArguments({ port, directory, ...wish }), env);
}

/** The arguments of a process that is to listen at a port, with its files in a folder of its own. */
type RedisArguments = (place: { port: number; directory: string }) => string[];

/** The same with any arguments: a replica, a Sentinel, a node of a cluster. */
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
      if (attempt === startTries) throw error;
    }
  }
}

class LocalServer implements LocalRedis {
  readonly port: number;
  readonly url: string;
  readonly how: string;
  readonly #binary: string;
  readonly #args: RedisArguments;
  readonly #env: Record<string, string>;
  readonly directory = mkdtempSync(join(tmpdir(), "reelqueue-redis-"));
  #child: ChildProcess | undefined;
  #said = "";

  constructor(binary: string, port: number, args: RedisArguments, env: Record<string, string>) {
    this.#binary = binary;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.how = `${binary} processes of their own`;
    this.#args = args;
    this.#env = env;
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  alive(): boolean {
    return !this.#gone();
  }

  async start(): Promise<void> {
    const args = this.#args({ port: this.port, directory: this.directory });
    const env = { ...process.env, ...this.#env };
    const child = spawn(this.#binary, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
    endsWithUs(child);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#said = `${text}`));
    await eventually(async () => this.#gone() || (await pingRedis(this.url)) === undefined, {
      describe: `${this.#binary} takes commands`,
      timeoutMs: 30_000,
    });
    if (this.#gone()) throw new Error(`${this.#binary} ended: ${this.#said.trim()}`);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#gone()) return;
    const exited = once(child, "exit");
    child.kill(signal);
    if (signal !== "SIGSTOP" && signal !== "SIGCONT") await exited;
  }

  async restart(): Promise<void> {
    await this.kill("SIGTERM");
    await this.start();
  }

  async stop(): Promise<void> {
    await this.kill("SIGKILL");
    rmSync(this.directory, { recursive: true, force: true });
  }

  #gone(): boolean {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }
}
