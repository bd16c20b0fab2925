import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer, freePort, noRedis, pingRedis, redisServerArguments } from "@reelqueue/system";
import { eventually } from "@reelqueue/system/testing";
import { endWithThisProcess } from "./processes.ts";

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
  readonly #binary: string;
  readonly #args: RedisArguments;
  readonly #env: Record<string, string>;
  readonly directory = mkdtempSync(join(tmpdir(), "reelqueue-redis-"));
  #child: ChildProcess | undefined;
  #lastOutput = "";

  constructor(binary: string, port: number, args: RedisArguments, env: Record<string, string>) {
    this.#binary = binary;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}`;
    this.how = `${binary} process`;
    this.#args = args;
    this.#env = env;
  }

  pid(): number | undefined {
    return this.#child?.pid;
  }

  alive(): boolean {
    return !this.#isGone();
  }

  async start(): Promise<void> {
    const args = this.#args({ port: this.port, directory: this.directory });
    const env = { ...process.env, ...this.#env };
    const child = spawn(this.#binary, args, { stdio: ["ignore", "pipe", "pipe"], detached: true, env });
    endWithThisProcess(child);
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.#lastOutput = `${text}`));
    await eventually(async () => this.#isGone() || (await pingRedis(this.url)) === undefined, {
      describe: `${this.#binary} takes commands`,
      timeoutMs: 30_000,
    });
    if (this.#isGone()) throw new Error(`${this.#binary} ended: ${this.#lastOutput.trim()}`);
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const child = this.#child;
    if (child === undefined || this.#isGone()) return;
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

  #isGone(): boolean {
    const child = this.#child;
    return child === undefined || child.exitCode !== null || child.signalCode !== null;
  }
}
