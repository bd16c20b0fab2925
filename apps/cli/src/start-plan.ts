import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { config } from "@reelqueue/contracts";
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
  /** Remarks to print before the start. */
  remarks: string[];
}

/** By provider, the variable whose key creates an account without configuration. */
const keyVariables = Object.fromEntries(simulatorProviders.map((name) => [name, `${name.toUpperCase()}_API_KEY`]));

/** Signs the simulator's callbacks. It may be public: they stay on this machine, and a callback changes no state. */
const simulatorCallbackSecret = "the simulator of reelqueue";

/** Plans what `start` runs: real accounts if a provider key is set, else the simulator. Writes the configuration. */
export async function planStart(env: CliEnv): Promise<Plan> {
  const keys = providerKeys(env);
  const simulator = keys.length === 0;
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
      configFile: await writeConfig(env),
      appEnv: {
        ...(simulator ? simulatorEnv(env) : {}),
        dashboard: { DASHBOARD_USER: login.user, DASHBOARD_PASSWORD: login.password },
      },
    },
    login,
    accounts: simulator
      ? `the simulator at ${env.simulator.url}; nothing is paid`
      : `real ones, by ${keys.join(" and ")}`,
    remarks:
      simulator && env.configFile
        ? [`No provider key is set, so the simulator is used and ${env.configFile} is not.`]
        : [],
  };
}

/** Writes the configuration: the user's if a provider key is set, else the simulator's. Returns its path. */
export async function writeConfig(env: CliEnv): Promise<string> {
  const { home, simulator, all } = env;
  // the home folder contains the command line's API key, the configuration only its hash
  const apiKeySha256 = createHash("sha256").update(secretIn(home, "api-key")).digest("hex");
  if (providerKeys(env).length === 0) {
    return writeConfigFile(
      home,
      demoConfig({ simulatorUrl: simulator.url, clockFactor: simulator.clockFactor, apiKeySha256 }),
    );
  }
  const path = env.configFile ?? join(home, "none.json");
  const loaded = await loadConfig({ path, env: all, home, keyVariables });
  return writeConfigFile(home, withApiKey(loaded.config, apiKeySha256));
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

/** The set key variables: the well-known ones and those named in the user's configuration. */
function providerKeys({ configFile, all }: CliEnv): string[] {
  const settings = config.safeParse(configFile === undefined ? {} : readJson(configFile)).data;
  const named = Object.values(settings?.accounts ?? {}).map(({ keyEnv }) => keyEnv);
  return [...new Set([...Object.values(keyVariables), ...named])].filter((name) => all[name]?.trim());
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8").replace(/^\u{feff}/u, ""));
  } catch {
    throw new StartError(`${file} is not valid JSON: correct it`);
  }
}
