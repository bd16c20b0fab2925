import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { config } from "@reelqueue/contracts";
import { loadConfig, StartError } from "@reelqueue/runtime";
import { appNames, demoConfig, type SystemWish, secretIn, withApiKey } from "@reelqueue/stack";
import type { CliEnv } from "./env.ts";

export interface Plan {
  wish: Omit<SystemWish, "log" | "signal">;
  login: { user: string; password: string };
  /** Whom the accounts talk to, for a person to read. */
  accounts: string;
  /** What a person should know before it starts. */
  remarks: string[];
}

/** Variable that makes an account by itself, by provider. */
const keyVariables = { hiapi: "HIAPI_API_KEY", jiekou: "JIEKOU_API_KEY" };

/** Decides what `start` runs: real accounts where a key for one is there, else the twin; writes the configuration that goes with it. */
export async function planStart(env: CliEnv): Promise<Plan> {
  const keys = providerKeys(env);
  const twin = keys.length === 0;
  const twinUrl = `http://127.0.0.1:${env.ports.twin}`;
  const login = { ...env.dashboard, password: env.dashboard.password ?? secretIn(env.home, "dashboard-password") };
  const configFile = twin ? writeDemoConfig(env, twinUrl) : await writeRealConfig(env);
  return {
    wish: {
      root: env.root,
      home: env.home,
      env: env.all,
      redisUrl: env.redisUrl,
      ports: env.ports,
      apps: appNames.filter((name) => twin || name !== "twin"),
      configFile,
      appEnv: {
        ...(twin ? twinEnv(env) : {}),
        dashboard: { DASHBOARD_USER: login.user, DASHBOARD_PASSWORD: login.password },
      },
    },
    login,
    accounts: twin ? `the twin at ${twinUrl}; nothing is paid` : `real ones, by ${keys.join(" and ")}`,
    remarks:
      twin && env.configFile ? [`No provider key is set, so the twin is used and ${env.configFile} is not.`] : [],
  };
}

/** A twin that calls back, and that errs now and then as real providers do. */
function twinEnv({ home, ports, twinClockFactor, all }: CliEnv): SystemWish["appEnv"] {
  const callbackSecret = secretIn(home, "twin-callback-secret");
  return {
    all: {
      REELQUEUE_TWIN_KEY: "twin",
      REELQUEUE_TWIN_CALLBACK_SECRET: callbackSecret,
      PUBLIC_URL: all.PUBLIC_URL || `http://127.0.0.1:${ports.api}`,
    },
    twin: {
      TWIN_CLOCK_FACTOR: `${twinClockFactor}`,
      TWIN_CALLBACK_SECRET: callbackSecret,
      TWIN_ALLOW_HTTP_CALLBACKS: "true",
      TWIN_FAULTS: all.TWIN_FAULTS || JSON.stringify({ "submit-503": 0.02, "poll-500": 0.05, "task-fails": 0.02 }),
    },
  };
}

/** The variables with a provider's key in them: the well-known ones, and those that the user's configuration names. */
function providerKeys({ configFile, all }: CliEnv): string[] {
  const own = config.safeParse(configFile === undefined ? {} : readJson(configFile)).data;
  const named = Object.values(own?.accounts ?? {}).map(({ keyEnv }) => keyEnv);
  return [...new Set([...Object.values(keyVariables), ...named])].filter((name) => all[name]?.trim());
}

function writeDemoConfig(env: CliEnv, twinUrl: string): string {
  const demo = demoConfig({ twinUrl, clockFactor: env.twinClockFactor, apiKeySha256: apiKeySha256(env.home) });
  return written(env.home, "demo.config.json", demo);
}

async function writeRealConfig({ home, configFile, all }: CliEnv): Promise<string> {
  const path = configFile ?? join(home, "none.config.json");
  const own = await loadConfig({ path, env: all, home, keyVariables });
  return written(home, "real.config.json", withApiKey(own.config, apiKeySha256(home)));
}

/** The command line finds its API key in the home folder; the configuration knows only its hash. */
function apiKeySha256(home: string): string {
  return createHash("sha256").update(secretIn(home, "api-key")).digest("hex");
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    throw new StartError(`${file} is not readable JSON: correct it`);
  }
}

function written(home: string, name: string, content: object): string {
  mkdirSync(home, { recursive: true });
  const file = join(home, name);
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}
