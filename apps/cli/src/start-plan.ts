import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { config } from "@reelqueue/contracts";
import { loadConfig, StartError } from "@reelqueue/runtime";
import { appNames, demoConfig, type SystemOptions, secretIn, simulatorProviders, withApiKey } from "@reelqueue/system";
import type { CliEnv } from "./env.ts";

export interface Plan {
  wish: Omit<SystemOptions, "log" | "signal">;
  login: { user: string; password: string };
  /** Whom the accounts talk to, for a person to read. */
  accounts: string;
  /** What a person should know before it starts. */
  remarks: string[];
}

/** Variable that makes an account by itself, by provider. */
const keyVariables = Object.fromEntries(simulatorProviders.map((name) => [name, `${name.toUpperCase()}_API_KEY`]));

/** What the simulator signs its callbacks with. No secret: they are told to the same machine, and a callback alone settles nothing. */
const simulatorCallbackSecret = "the simulator of reelqueue";

/** Decides what `start` runs: real accounts where a key for one is there, else the simulator; writes the configuration that goes with it. */
export async function planStart(env: CliEnv): Promise<Plan> {
  const keys = providerKeys(env);
  const simulator = keys.length === 0;
  const login = { ...env.dashboard, password: env.dashboard.password ?? secretIn(env.home, "dashboard-password") };
  return {
    wish: {
      root: env.root,
      home: env.home,
      env: env.all,
      redisUrl: env.redisUrl,
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

/** Writes what every process reads: the user's configuration where a provider's key is there, else the demo's. Gives the path. */
export async function writeConfig(env: CliEnv): Promise<string> {
  const { home, simulator, all } = env;
  // The command line finds its API key in the home folder; the configuration knows only its hash.
  const apiKeySha256 = createHash("sha256").update(secretIn(home, "api-key")).digest("hex");
  if (providerKeys(env).length === 0) {
    return written(home, demoConfig({ simulatorUrl: simulator.url, clockFactor: simulator.clockFactor, apiKeySha256 }));
  }
  const path = env.configFile ?? join(home, "none.json");
  const { config: own } = await loadConfig({ path, env: all, home, keyVariables });
  return written(home, withApiKey(own, apiKeySha256));
}

/** A simulator that calls back, and that errs now and then as real providers do. */
function simulatorEnv({ ports, simulator, all }: CliEnv): SystemOptions["appEnv"] {
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

/** The variables with a provider's key in them: the well-known ones, and those that the user's configuration names. */
function providerKeys({ configFile, all }: CliEnv): string[] {
  const own = config.safeParse(configFile === undefined ? {} : readJson(configFile)).data;
  const named = Object.values(own?.accounts ?? {}).map(({ keyEnv }) => keyEnv);
  return [...new Set([...Object.values(keyVariables), ...named])].filter((name) => all[name]?.trim());
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new StartError(`${file} is not readable JSON: correct it`);
  }
}

function written(home: string, content: object): string {
  mkdirSync(home, { recursive: true });
  const file = join(home, "config.json");
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}
