import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { StartError } from "@reelqueue/runtime";
import type { Ports } from "@reelqueue/system";

export interface CliEnv {
  /** Folder of the workspace. */
  root: string;
  /** Folder of everything that is kept. */
  home: string;
  /** The user's own configuration, where there is one. */
  configFile: string | undefined;
  redisUrl: string | undefined;
  ports: Ports;
  /** Login of the dashboard, where the user has chosen it. */
  dashboard: { user: string; password: string | undefined };
  simulator: {
    /** Where the accounts of the demo find it. */
    url: string;
    /** How many times faster than real time it lives. */
    clockFactor: number;
  };
  /** The API that commands speak to. */
  api: { url: string; key: string | undefined };
  /** Everything, for the processes that are started. */
  all: NodeJS.ProcessEnv;
}

const root = resolve(import.meta.dirname, "../../..");

/** The environment and, for what it does not set, the file `.env` of the workspace. Throws a StartError with every bad value. */
export function readEnv(): CliEnv {
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const env = process.env;
  const problems: string[] = [];
  const number = (name: string, fallback: number, most: number): number => {
    const value = Number(text(env[name]) ?? fallback);
    if (!(value > 0 && value <= most)) problems.push(`${name} must be a number from 1 to ${most}, not "${env[name]}"`);
    return value;
  };
  const port = (name: string, fallback: number) => number(name, fallback, 65_535);
  const read: CliEnv = {
    root,
    home: resolve(text(env.REELQUEUE_HOME) ?? join(root, ".reelqueue")),
    configFile: configFile(text(env.REELQUEUE_CONFIG)),
    redisUrl: text(env.REDIS_URL),
    ports: {
      api: port("API_PORT", 3_100),
      dashboard: port("DASHBOARD_PORT", 3_101),
      submitter: port("SUBMITTER_PORT", 3_102),
      poller: port("POLLER_PORT", 3_103),
      finalizer: port("FINALIZER_PORT", 3_104),
      simulator: port("SIMULATOR_PORT", 3_199),
    },
    dashboard: { user: text(env.DASHBOARD_USER) ?? "admin", password: text(env.DASHBOARD_PASSWORD) },
    simulator: {
      url: text(env.SIMULATOR_URL) ?? `http://127.0.0.1:${text(env.SIMULATOR_PORT) ?? 3_199}`,
      clockFactor: number("SIMULATOR_CLOCK_FACTOR", 30, 100_000),
    },
    api: {
      url: text(env.REELQUEUE_URL) ?? `http://127.0.0.1:${text(env.API_PORT) ?? 3_100}`,
      key: text(env.REELQUEUE_API_KEY) ?? apiKeyIn(text(env.REELQUEUE_HOME) ?? join(root, ".reelqueue")),
    },
    all: env,
  };
  if (!URL.canParse(read.api.url)) problems.push(`REELQUEUE_URL must be a URL, not "${read.api.url}"`);
  if (problems.length > 0) throw new StartError(problems.join("\n"));
  return read;
}

function configFile(given: string | undefined): string | undefined {
  if (given !== undefined) return resolve(given);
  return ["reelqueue.config.json", join(root, "reelqueue.config.json")].map((file) => resolve(file)).find(existsSync);
}

/** The key that `start` has written for the command line. */
function apiKeyIn(home: string): string | undefined {
  const file = join(home, "api-key");
  return existsSync(file) ? text(readFileSync(file, "utf8")) : undefined;
}

/** An empty variable, as a copied `.env.example` has many, is one that is not set. */
function text(value: string | undefined): string | undefined {
  return value?.trim() ? value.trim() : undefined;
}
