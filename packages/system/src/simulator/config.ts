import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AccountConfig, type Config, config } from "@reelqueue/contracts";
import { type SimulatorProvider, simulatorAccounts, simulatorProviders } from "./accounts.ts";

export interface SimulatorAddress {
  /** Base URL of the simulator or of a proxy in front of it, for example `http://127.0.0.1:3199`. */
  url: string;
  /** Speed of the simulator's clock; 1 is real time. */
  clockFactor: number;
}

/** The key of every account at the simulator, and the secret of its callback signatures. */
export const simulatorSecrets = {
  REELQUEUE_SIMULATOR_KEY: "simulator-key",
  REELQUEUE_SIMULATOR_CALLBACK_SECRET: "a-signing-secret-of-the-console",
} as const;

/** Root URL of a provider's API at the simulator. */
export function simulatorBaseUrl(url: string, provider: string): string {
  return `${url}/${simulatorAccounts[provider as SimulatorProvider]?.path ?? provider}`;
}

/**
 * Accounts at the simulator with the prices that it charges; the values by name replace defaults. The provider of an
 * account is its name unless it says another.
 */
export function accountsAt(
  { url, clockFactor }: SimulatorAddress,
  changes: Readonly<Record<string, Partial<AccountConfig>>>,
): Record<string, Partial<AccountConfig>> {
  const account = (name: string, { provider = name, ...others }: Partial<AccountConfig>) => {
    const { path: _, ...prices } = simulatorAccounts[provider as SimulatorProvider] ?? { path: "" };
    return {
      provider,
      baseUrl: simulatorBaseUrl(url, provider),
      keyEnv: "REELQUEUE_SIMULATOR_KEY",
      callbackSecretEnv: "REELQUEUE_SIMULATOR_CALLBACK_SECRET",
      timeScale: clockFactor,
      chargesFailures: false,
      ...prices,
      ...others,
    };
  };
  return Object.fromEntries(Object.entries(changes).map(([name, others]) => [name, account(name, others)]));
}

export interface DemoConfigOptions {
  /** Base URL of the simulator, for example `http://127.0.0.1:3199`. */
  simulatorUrl: string;
  /** Speed of the simulator's clock; 1 is real time. */
  clockFactor: number;
  apiKeySha256: string;
}

const loopback = ["127.0.0.0/8", "::1/128"];
/** Address ranges of Docker networks. */
const containers = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * A configuration with one account for each simulated provider, all at the simulator's URL. Its separate cell `demo`
 * keeps generations of the simulator away from real providers.
 */
export function demoConfig({ simulatorUrl: url, clockFactor, apiKeySha256 }: DemoConfigOptions): Config {
  const isLoopback = ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
  return config.parse({
    cell: "demo",
    accounts: accountsAt({ url, clockFactor }, Object.fromEntries(simulatorProviders.map((name) => [name, {}]))),
    tenants: { default: { apiKeySha256: [apiKeySha256] } },
    allowPrivate: isLoopback ? loopback : [...loopback, ...containers],
  });
}

/** The configuration with the command line's API key added to the tenant `default`. */
export function withApiKey(settings: Config, apiKeySha256: string): Config {
  const tenant = settings.tenants.default ?? { apiKeySha256: [], weight: 1 };
  const withKey = { ...tenant, apiKeySha256: [...tenant.apiKeySha256, apiKeySha256] };
  return { ...settings, tenants: { ...settings.tenants, default: withKey } };
}

/** Writes a configuration into the home folder and returns its path. */
export function writeConfigFile(home: string, content: object): string {
  mkdirSync(home, { recursive: true });
  const file = join(home, "config.json");
  writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
  return file;
}

/** What a test writes into a configuration; everything else has its default. */
export type TestConfig = Partial<Omit<Config, "accounts" | "outputs">> & {
  accounts: Readonly<Record<string, object>>;
  outputs?: Partial<Config["outputs"]>;
};

/**
 * Writes a configuration that allows loopback; returns the variables that select it, with the secrets of the
 * simulator's accounts.
 */
export function writeTestConfig(home: string, settings: TestConfig) {
  const path = writeConfigFile(home, { allowPrivate: ["127.0.0.0/8"], ...settings });
  return { REELQUEUE_HOME: home, REELQUEUE_CONFIG: path, ...simulatorSecrets };
}
