import { type Config, config } from "@reelqueue/contracts";
import { simulatorAccounts } from "./simulator-accounts.ts";

export interface DemoWish {
  /** Root of the simulator, for example `http://127.0.0.1:3199`. */
  simulatorUrl: string;
  /** How many times faster than real time the simulator lives. */
  clockFactor: number;
  apiKeySha256: string;
}

const loopback = ["127.0.0.0/8", "::1/128"];
/** Where the networks of a Docker engine lie. */
const containers = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * A configuration with an account at every provider that the simulator speaks for, all of them pointing at it. It has a cell of
 * its own, so that nothing that was queued for the simulator can ever reach a real provider.
 */
export function demoConfig({ simulatorUrl, clockFactor, apiKeySha256 }: DemoWish): Config {
  const account = (provider: string, { path, ...prices }: { path: string }) => ({
    provider,
    baseUrl: `${simulatorUrl}/${path}`,
    keyEnv: "REELQUEUE_SIMULATOR_KEY",
    callbackSecretEnv: "REELQUEUE_SIMULATOR_CALLBACK_SECRET",
    timeScale: clockFactor,
    chargesFailures: false,
    ...prices,
  });
  return config.parse({
    cell: "demo",
    accounts: Object.fromEntries(
      Object.entries(simulatorAccounts).map(([name, simulator]) => [name, account(name, simulator)]),
    ),
    tenants: { default: { apiKeySha256: [apiKeySha256] } },
    allowPrivate: isLoopback(simulatorUrl) ? loopback : [...loopback, ...containers],
  });
}

/** The user's own configuration, with one more API key for the tenant `default`: that of the command line. */
export function withApiKey(own: Config, apiKeySha256: string): Config {
  const tenant = own.tenants.default ?? { apiKeySha256: [], weight: 1 };
  const withKey = { ...tenant, apiKeySha256: [...tenant.apiKeySha256, apiKeySha256] };
  return { ...own, tenants: { ...own.tenants, default: withKey } };
}

function isLoopback(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}
