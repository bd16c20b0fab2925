import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { withoutPassword } from "@reelqueue/contracts";
import { StartError } from "@reelqueue/runtime";
import type { Ports } from "@reelqueue/system";

export interface CliEnv {
  /** Folder of the workspace. */
  root: string;
  /** Folder of everything that is stored. */
  home: string;
  /** The user's configuration, if there is one. */
  configFile: string | undefined;
  redisUrl: string | undefined;
  /** Port of the Redis that `start` starts; default: that of its last start, else any free one. */
  redisPort: number | undefined;
  ports: Ports;
  /** Login of the dashboard; the password only if the user has set one. */
  dashboard: { user: string; password: string | undefined };
  simulator: {
    /** Base URL for the simulated accounts. */
    url: string;
    /** Speed of its clock; 1 is real time. */
    clockFactor: number;
  };
  /** The API that the commands call. */
  api: { url: string; key: string | undefined };
  /** The whole environment, for started processes. */
  all: NodeJS.ProcessEnv;
}

const root = resolve(import.meta.dirname, "../../..");

/** Reads the environment, then the workspace's `.env`. Throws a StartError that lists every invalid value. */
export function readEnv(): CliEnv {
  if (existsSync(join(root, ".env"))) process.loadEnvFile(join(root, ".env"));
  const env = process.env;
  const { number, port, url, problems } = checkedReader(env);
  const home = resolve(text(env.REELQUEUE_HOME) ?? join(root, ".reelqueue"));
  const settings: CliEnv = {
    root,
    home,
    configFile: configFile(text(env.REELQUEUE_CONFIG)),
    redisUrl: text(env.REDIS_URL),
    redisPort: text(env.REDIS_PORT) === undefined ? undefined : port("REDIS_PORT", 0),
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
      url: url("SIMULATOR_URL", `http://127.0.0.1:${text(env.SIMULATOR_PORT) ?? 3_199}`),
      clockFactor: number("SIMULATOR_CLOCK_FACTOR", 30, 100_000),
    },
    api: {
      url: url("REELQUEUE_URL", `http://127.0.0.1:${text(env.API_PORT) ?? 3_100}`),
      key: text(env.REELQUEUE_API_KEY) ?? apiKeyIn(home),
    },
    all: env,
  };
  if (problems.length > 0) throw new StartError(problems.join("\n"));
  return settings;
}

/** Reads single variables; `problems` lists the invalid ones. */
function checkedReader(env: NodeJS.ProcessEnv) {
  const problems: string[] = [];
  const number = (name: string, fallback: number, max: number): number => {
    const value = Number(text(env[name]) ?? fallback);
    if (!(value > 0 && value <= max)) problems.push(`${name} must be a number from 1 to ${max}, not "${env[name]}"`);
    return value;
  };
  const port = (name: string, fallback: number): number => {
    const value = number(name, fallback, 65_535);
    if (value % 1 > 0) problems.push(`${name} must be a whole number, not "${env[name]}"`);
    return value;
  };
  const url = (name: string, fallback: string): string => {
    const value = text(env[name]);
    if (value === undefined) return fallback;
    const parsed = URL.parse(value);
    if (parsed === null || parsed.username !== "" || parsed.password !== "")
      problems.push(`${name} must be a URL without user and password, not "${withoutPassword(value)}"`);
    return value;
  };
  return { number, port, url, problems };
}

function configFile(given: string | undefined): string | undefined {
  if (given !== undefined) return resolve(given);
  return ["reelqueue.config.json", join(root, "reelqueue.config.json")].map((file) => resolve(file)).find(existsSync);
}

/** The key that `start` stored for the command line. */
function apiKeyIn(home: string): string | undefined {
  const file = join(home, "api-key");
  return existsSync(file) ? text(readFileSync(file, "utf8")) : undefined;
}

/** The trimmed value; an empty variable counts as unset, as in a copied `.env.example`. */
function text(value: string | undefined): string | undefined {
  return value?.trim() ? value.trim() : undefined;
}
