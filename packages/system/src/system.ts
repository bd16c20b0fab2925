import { join } from "node:path";
import { filesOf } from "./home.ts";
import { type Machine, SystemError } from "./machine.ts";
import { portTaken } from "./ports.ts";
import { isHealthy } from "./process/process.ts";
import { Supervised } from "./process/supervise.ts";
import { ensureRedis } from "./redis/ensure.ts";
import type { Redis } from "./redis/server.ts";

export const appNames = ["simulator", "api", "submitter", "poller", "finalizer", "dashboard"] as const;
export type AppName = (typeof appNames)[number];
/** Loopback port of each process; a worker serves only its health there. */
export type Ports = Record<AppName, number>;

export interface SystemOptions extends Machine {
  /** Folder of the workspace. */
  root: string;
  /** Folder of everything that is stored: Redis data, outputs, logs. */
  home: string;
  redisUrl: string | undefined;
  /** Port of a started Redis; default: that of its last start, else any free one. */
  redisPort?: number;
  ports: Ports;
  /** The apps to start; without `simulator` the accounts are real. */
  apps: readonly AppName[];
  /** Variables of each app, on top of those that every process gets. */
  appEnv: Partial<Record<AppName | "all", NodeJS.ProcessEnv>>;
  /** Path of the configuration of all apps. */
  configFile: string;
  /** Aborted: the start is abandoned and every started process is stopped. */
  signal?: AbortSignal;
}

export interface System {
  redis: Pick<Redis, "url" | "how">;
  /** Stops the apps, then the simulator, then Redis. */
  stop(): Promise<void>;
  /** Kills the apps and the simulator, also during a `stop`; Redis is still stopped in order. */
  kill(): void;
}

/** The longest shutdown of an app, with a margin. */
const graceMs = 80_000;

/**
 * Starts Redis, the simulator and the apps, each as a process; resolves once all are healthy.
 * Throws a SystemError and leaves no process behind where a port is taken or a process does not start.
 */
export async function startSystem(options: SystemOptions): Promise<System> {
  await requireFreePorts(options);
  const running = new RunningSystem();
  options.signal?.addEventListener("abort", () => void running.stop(), { once: true });
  try {
    const redis = await ensureRedis({ ...options, url: options.redisUrl, port: options.redisPort });
    running.redis = redis;
    if (options.signal?.aborted) await redis.stop();
    const start = (name: AppName) => new Supervised(appProcess(name, redis.url, options), options);
    await running.start("simulator", () => options.apps.filter((name) => name === "simulator").map(start));
    await running.start("apps", () => options.apps.filter((name) => name !== "simulator").map(start));
    return { redis, stop: () => running.stop(), kill: () => running.kill() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function requireFreePorts({ ports, apps }: SystemOptions): Promise<void> {
  for (const name of apps) {
    if (!(await portTaken(ports[name]))) continue;
    const variable = `${name.toUpperCase()}_PORT`;
    throw new SystemError(
      `Port ${ports[name]} (${name}) is in use; stop the program that uses it, or set another port with ${variable}.`,
    );
  }
}

class RunningSystem {
  redis: Redis | undefined;
  readonly #groups: Record<"apps" | "simulator", Supervised[]> = { apps: [], simulator: [] };
  #stopped: Promise<void> | undefined;
  #killed = false;

  async start(group: "apps" | "simulator", processes: () => Supervised[]): Promise<void> {
    if (this.#stopped !== undefined) throw new SystemError("stopped while it started");
    this.#groups[group] = processes();
    await Promise.all(this.#groups[group].map((each) => each.ready));
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stopInOrder();
    return this.#stopped;
  }

  kill(): void {
    this.#killed = true;
    for (const each of [...this.#groups.apps, ...this.#groups.simulator]) each.kill();
  }

  async #stopInOrder(): Promise<void> {
    for (const group of [this.#groups.apps, this.#groups.simulator]) {
      if (this.#killed) for (const each of group) each.kill();
      await Promise.all(group.map((each) => each.stop()));
    }
    await this.redis?.stop();
  }
}

function appProcess(name: AppName, redisUrl: string, { root, home, env, ports, appEnv, configFile }: SystemOptions) {
  const port = `${ports[name]}`;
  const isServer = name === "simulator" || name === "api" || name === "dashboard";
  return {
    name,
    command: process.execPath,
    args: [join(root, "apps", name, "src", "main.ts")],
    env: {
      NODE_COMPILE_CACHE: join(home, "compile-cache"),
      ...env,
      REDIS_URL: redisUrl,
      REELQUEUE_HOME: home,
      REELQUEUE_CONFIG: configFile,
      HOST: "127.0.0.1",
      ...(isServer ? { PORT: port } : { HEALTH_PORT: port }),
      ...appEnv.all,
      ...appEnv[name],
    },
    ...filesOf(home, name),
    ready: () => isHealthy(`http://127.0.0.1:${port}`),
    graceMs,
  };
}
