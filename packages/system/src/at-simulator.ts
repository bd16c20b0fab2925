import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccountConfig, Config } from "@reelqueue/contracts";
import { type SimulatorProvider, simulatorAccounts } from "./simulator-accounts.ts";

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

/** An account at the simulator with the prices that it charges; `changes` replace values. */
export function simulatorAccount(
  provider: string,
  { url, clockFactor }: SimulatorAddress,
  changes: Partial<AccountConfig> = {},
): Partial<AccountConfig> & { provider: string; keyEnv: string } {
  const { path: _, ...prices } = simulatorAccounts[provider as SimulatorProvider] ?? { path: "" };
  return {
    provider,
    baseUrl: simulatorBaseUrl(url, provider),
    keyEnv: "REELQUEUE_SIMULATOR_KEY",
    callbackSecretEnv: "REELQUEUE_SIMULATOR_CALLBACK_SECRET",
    timeScale: clockFactor,
    chargesFailures: false,
    ...prices,
    ...changes,
  };
}

/** What a test writes into a configuration; everything else has its default. */
export type TestConfig = Partial<Omit<Config, "accounts" | "outputs">> & {
  accounts: Readonly<Record<string, object>>;
  outputs?: Partial<Config["outputs"]>;
};

/**
 * Writes a configuration that allows loopback into the home folder; returns the variables that select it, with the
 * secrets of the simulator's accounts.
 */
export function writeTestConfig(home: string, config: TestConfig) {
  const path = join(home, "reelqueue.config.json");
  writeFileSync(path, JSON.stringify({ allowPrivate: ["127.0.0.0/8"], ...config }));
  return { REELQUEUE_HOME: home, REELQUEUE_CONFIG: path, ...simulatorSecrets };
}
