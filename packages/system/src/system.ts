import { join } from "node:path";
import { SystemError } from "./error.ts";
import { portTaken } from "./ports.ts";
import { ensureRedis, type Redis } from "./redis.ts";
import type { Machine } from "./redis-binary.ts";
import { type Supervised, supervise } from "./supervise.ts";

export const appNames = ["simulator", "api", "submitter", "poller", "finalizer", "dashboard"] as const;
export type AppName = (typeof appNames)[number];
/** The loopback port that each process serves; workers serve their health there. */
export type Ports = Record<AppName, number>;

export interface SystemWish extends Machine {
  /** Folder of the workspace. */
  root: string;
  /** Folder of everything that is kept: Redis' data, outputs, logs. */
  home: string;
  redisUrl: string | undefined;
  /** Where a Redis of ours listens; left out: where it did last time, else at any free one. */
  redisPort?: number;
  ports: Ports;
  /** Which of them to start; without `simulator` the accounts are real. */
  apps: readonly AppName[];
  /** What each of them finds in its environment besides what the contract of every process sets. */
  appEnv: Partial<Record<AppName | "all", NodeJS.ProcessEnv>>;
  /** Path of the configuration that all of them read. */
  configFile: string;
  /** Aborted: the start is given up, and what runs already is stopped. */
  signal?: AbortSignal;
}

export interface System {
  redis: Pick<Redis, "url" | "how">;
  /** Stops the apps, then the simulator, then Redis. */
  stop(): Promise<void>;
  /** Makes a `stop` that waits for apps end at once; Redis is still stopped in order. */
  kill(): void;
}

/** What an app needs after SIGTERM at most, and a little more. */
const graceMs = 80_000;

/** Starts Redis, the simulator and the apps as processes of their own, and resolves once all of them are healthy. */
export async function startSystem(wish: SystemWish): Promise<System> {
  await demandFreePorts(wish);
  const running = new RunningSystem();
  wish.signal?.addEventListener("abort", () => void running.stop(), { once: true });
  try {
    const redis = await ensureRedis({ ...wish, url: wish.redisUrl, port: wish.redisPort });
    running.redis = redis;
    if (wish.signal?.aborted) await redis.stop();
    const start = (name: AppName) => supervise(appProcess(name, redis.url, wish), wish);
    await running.start("simulator", () => wish.apps.filter((name) => name === "simulator").map(start));
    await running.start("apps", () => wish.apps.filter((name) => name !== "simulator").map(start));
    return { redis, stop: () => running.stop(), kill: () => running.kill() };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function demandFreePorts({ ports, apps }: SystemWish): Promise<void> {
  for (const name of apps) {
    if (!(await portTaken(ports[name]))) continue;
    const variable = `${name.toUpperCase()}_PORT`;
    throw new SystemError(
      "port_taken",
      `Port ${ports[name]} (${name}) is in use; stop what uses it, or choose another one with ${variable}.`,
    );
  }
}

class RunningSystem {
  redis: Redis | undefined;
  readonly #groups: Record<"apps" | "simulator", Supervised[]> = { apps: [], simulator: [] };
  #stopped: Promise<void> | undefined;
  #killed = false;

  async start(group: "apps" | "simulator", processes: () => Supervised[]): Promise<void> {
    if (this.#stopped !== undefined) throw new SystemError("stopped", "stopped while it started");
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

function appProcess(name: AppName, redisUrl: string, { root, home, env, ports, appEnv, configFile }: SystemWish) {
  const port = `${ports[name]}`;
  const serves = name === "simulator" || name === "api" || name === "dashboard";
  return {
    name,
    command: process.execPath,
    arguments: [join(root, "apps", name, "src", "main.ts")],
    env: {
      NODE_COMPILE_CACHE: join(home, "compile-cache"),
      ...env,
      REDIS_URL: redisUrl,
      REELQUEUE_HOME: home,
      REELQUEUE_CONFIG: configFile,
      HOST: "127.0.0.1",
      ...(serves ? { PORT: port } : { HEALTH_PORT: port }),
      ...appEnv.all,
      ...appEnv[name],
    },
    home,
    ready: () => healthy(`http://127.0.0.1:${port}/healthz`),
    graceMs,
  };
}

async function healthy(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}
