import { join } from "node:path";
import { type Machine, SystemError } from "./machine.ts";
import { portTaken } from "./ports.ts";
import { Supervised } from "./process/supervise.ts";
import { ensureRedis } from "./redis/ensure.ts";
import type { Redis } from "./redis/server.ts";
import { type Member, type System, startSystem } from "./system.ts";

export const appNames = ["simulator", "api", "submitter", "poller", "finalizer", "dashboard"] as const;
export type AppName = (typeof appNames)[number];
/** Loopback port of each process; a worker serves only its health there. */
export type Ports = Record<AppName, number>;

export interface AppsOptions extends Machine {
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
  /** Aborted before the system has started: the start is abandoned and every started process is stopped. */
  signal?: AbortSignal;
}

/** The longest shutdown of an app, with a margin. */
const graceMs = 80_000;

/**
 * Starts Redis, the simulator and the apps, each as a process that is restarted; resolves once all are healthy.
 * Throws a SystemError and leaves no process behind where a port is taken or a process does not start.
 */
export async function startApps(options: AppsOptions): Promise<System<Redis>> {
  await requireFreePorts(options);
  const { home, redisUrl: url, redisPort: port, apps, log, signal } = options;
  const startRedis = () => ensureRedis({ ...options, url, port });
  return await startSystem({ home, startRedis, signal }, async (system) => {
    const start = (names: readonly AppName[]) =>
      system.start(
        names.map((name) => memberOf(name, options)),
        (process) => new Supervised({ ...process, graceMs }, { log }),
      );
    await start(apps.filter((name) => name === "simulator"));
    await start(apps.filter((name) => name !== "simulator"));
    return system;
  });
}

async function requireFreePorts({ ports, apps }: AppsOptions): Promise<void> {
  for (const name of apps) {
    if (!(await portTaken(ports[name]))) continue;
    const variable = `${name.toUpperCase()}_PORT`;
    throw new SystemError(
      `Port ${ports[name]} (${name}) is in use; stop the program that uses it, or set another port with ${variable}.`,
    );
  }
}

function memberOf(name: AppName, { root, home, env, ports, appEnv, configFile }: AppsOptions): Member {
  const { REDIS_URL: _, ...inherited } = env;
  const port = `${ports[name]}`;
  return {
    name,
    entry: join(root, "apps", name, "src", "main.ts"),
    env: {
      NODE_COMPILE_CACHE: join(home, "compile-cache"),
      ...inherited,
      REELQUEUE_HOME: home,
      REELQUEUE_CONFIG: configFile,
      HOST: "127.0.0.1",
      PORT: port,
      HEALTH_PORT: port,
      ...appEnv.all,
      ...appEnv[name],
    },
  };
}
