import { type Config, config } from "@reelqueue/contracts";
import { simulatorAccount } from "./at-simulator.ts";
import { simulatorProviders } from "./simulator-accounts.ts";

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
export function demoConfig({ simulatorUrl, clockFactor, apiKeySha256 }: DemoConfigOptions): Config {
  const address = { url: simulatorUrl, clockFactor };
  return config.parse({
    cell: "demo",
    accounts: Object.fromEntries(simulatorProviders.map((name) => [name, simulatorAccount(name, address)])),
    tenants: { default: { apiKeySha256: [apiKeySha256] } },
    allowPrivate: isLoopback(simulatorUrl) ? loopback : [...loopback, ...containers],
  });
}

/** The configuration with the command line's API key added to the tenant `default`. */
export function withApiKey(settings: Config, apiKeySha256: string): Config {
  const tenant = settings.tenants.default ?? { apiKeySha256: [], weight: 1 };
  const withKey = { ...tenant, apiKeySha256: [...tenant.apiKeySha256, apiKeySha256] };
  return { ...settings, tenants: { ...settings.tenants, default: withKey } };
}

function isLoopback(url: string): boolean {
  return ["127.0.0.1", "localhost", "[::1]"].includes(new URL(url).hostname);
}
