import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Config } from "@reelqueue/contracts";
import { loadConfig, StartError } from "@reelqueue/runtime";
import {
  type AppsOptions,
  appNames,
  demoConfig,
  secretIn,
  simulatorProviders,
  withApiKey,
  writeConfigFile,
} from "@reelqueue/system";
import type { CliEnv } from "./env.ts";

export interface Plan {
  systemOptions: Omit<AppsOptions, "log" | "signal">;
  /** `isOwn`: the user has set the password. */
  login: { user: string; password: string; isOwn: boolean };
  /** The kind of the accounts, for the terminal. */
  accounts: string;
}

/** By provider, the variable whose key creates an account without configuration. */
const keyVariables = Object.fromEntries(simulatorProviders.map((name) => [name, `${name.toUpperCase()}_API_KEY`]));

/** Signs the simulator's callbacks. It may be public: they stay on this machine, and a callback changes no state. */
const simulatorCallbackSecret = "the simulator of reelqueue";

/**
 * Plans what `start` runs: real accounts if there is a configuration or a provider key, else the simulator. Writes the
 * configuration. Throws a StartError for any problem of a given one.
 */
export async function planStart(env: CliEnv): Promise<Plan> {
  const own = await ownConfig(env);
  const simulator = own === undefined;
  const { user, password } = env.dashboard;
  const login = {
    user,
    password: password ?? secretIn(env.home, "dashboard-password"),
    isOwn: password !== undefined,
  };
  return {
    systemOptions: {
      root: env.root,
      home: env.home,
      env: env.all,
      redisUrl: env.redisUrl,
      ...(env.redisPort !== undefined && { redisPort: env.redisPort }),
      ports: env.ports,
      apps: appNames.filter((name) => simulator || name !== "simulator"),
      configFile: write(own, env),
      appEnv: {
        ...(simulator ? simulatorEnv(env) : {}),
        dashboard: { DASHBOARD_USER: login.user, DASHBOARD_PASSWORD: login.password },
      },
    },
    login,
    accounts: simulator
      ? `the simulator at ${env.simulator.url}; nothing is paid`
      : `real ones, by ${keysOf(own).join(" and ")}`,
  };
}

/** Writes the configuration: the user's if there is one or a provider key, else the simulator's. Returns its path. */
export async function writeConfig(env: CliEnv): Promise<string> {
  return write(await ownConfig(env), env);
}

function write(own: Config | undefined, { home, simulator }: CliEnv): string {
  // the home folder contains the command line's API key, the configuration only its hash
  const apiKeySha256 = createHash("sha256").update(secretIn(home, "api-key")).digest("hex");
  if (own !== undefined) return writeConfigFile(home, withApiKey(own, apiKeySha256));
  const { url: simulatorUrl, clockFactor } = simulator;
  return writeConfigFile(home, demoConfig({ simulatorUrl, clockFactor, apiKeySha256 }));
}

/** Variables for a simulator with callbacks and with occasional faults, and for its accounts. */
function simulatorEnv({ ports, simulator, all }: CliEnv): AppsOptions["appEnv"] {
  return {
    all: {
      REELQUEUE_SIMULATOR_KEY: "simulator",
      REELQUEUE_SIMULATOR_CALLBACK_SECRET: simulatorCallbackSecret,
      PUBLIC_URL: all.PUBLIC_URL || `http://127.0.0.1:${ports.api}`,
    },
    simulator: {
      SIMULATOR_CLOCK_FACTOR: `${simulator.clockFactor}`,
      SIMULATOR_CALLBACK_SECRET: simulatorCallbackSecret,
      SIMULATOR_ALLOW_HTTP_CALLBACKS: "true",
      SIMULATOR_FAULTS:
        all.SIMULATOR_FAULTS || JSON.stringify({ "submit-429": 0.02, "poll-500": 0.05, "task-fails": 0.02 }),
    },
  };
}

/**
 * The user's configuration with the accounts of the set key variables; `undefined`: there is neither a file nor a key.
 */
async function ownConfig({ configFile, all, home }: CliEnv): Promise<Config | undefined> {
  const path = configFile ?? join(home, "none.json");
  const loaded = await loadConfig({ path, required: configFile !== undefined, env: all, home, keyVariables });
  if (loaded.accounts.size > 0) return loaded.config;
  if (configFile === undefined) return undefined;
  throw new StartError(
    `${configFile} has no account, and no provider key is set: add an account, or set ${Object.values(keyVariables).join(", ")}; without this file, the simulator is used`,
  );
}

function keysOf({ accounts }: Config): string[] {
  return [...new Set(Object.values(accounts).map(({ keyEnv }) => keyEnv))];
}
