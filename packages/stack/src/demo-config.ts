import { type Config, config } from "@reelqueue/contracts";

export interface DemoWish {
  /** Root of the twin, for example `http://127.0.0.1:3199`. */
  twinUrl: string;
  /** How many times faster than real time the twin lives. */
  clockFactor: number;
  apiKeySha256: string;
}

/** Example prices in USD per second of video, near what resellers ask; real ones belong into your own configuration. */
const examplePrices = {
  "seedance-2.0/480p": 0.0703,
  "seedance-2.0/720p": 0.1512,
  "seedance-2.0/1080p": 0.3742,
  "seedance-2.0/480p+video": 0.0432,
  "seedance-2.0/720p+video": 0.0929,
  "seedance-2.0/1080p+video": 0.2284,
  "seedance-2.0-fast/480p": 0.0562,
  "seedance-2.0-fast/720p": 0.121,
  "seedance-2.0-fast/480p+video": 0.0331,
  "seedance-2.0-fast/720p+video": 0.0713,
};

const loopback = ["127.0.0.0/8", "::1/128"];
/** Where the networks of a Docker engine lie. */
const containers = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"];

/**
 * A configuration whose accounts all point at the twin. It has a cell of its own, so that nothing that was queued for the twin
 * can ever reach a real provider.
 */
export function demoConfig({ twinUrl, clockFactor, apiKeySha256 }: DemoWish): Config {
  const account = (provider: string) => ({
    provider,
    baseUrl: `${twinUrl}/${provider}`,
    keyEnv: "REELQUEUE_TWIN_KEY",
    callbackSecretEnv: "REELQUEUE_TWIN_CALLBACK_SECRET",
    timeScale: clockFactor,
    chargesFailures: false,
    pricesPerSecond: examplePrices,
  });
  return config.parse({
    cell: "demo",
    accounts: { hiapi: account("hiapi"), jiekou: account("jiekou") },
    tenants: { default: { apiKeySha256: [apiKeySha256] } },
    allowPrivate: isLoopback(twinUrl) ? loopback : [...loopback, ...containers],
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
