/** A simulated provider: its path and its prices. */
interface SimulatorAccount {
  /** Below the simulator's base URL. */
  path: string;
  pricesPerSecond?: Prices;
  pricesPerMillionTokens?: Prices;
}

/** By model and size, with `+video` where a video is among the inputs: `seedance-2.0/480p+video`. */
type Prices = Readonly<Record<string, number>>;

/**
 * Every simulated provider with the prices that the simulator charges, so that its bill equals the ledger to the cent.
 * Real prices belong in the user's configuration.
 */
export const simulatorAccounts = {
  hiapi: {
    path: "hiapi",
    pricesPerSecond: prices({ "seedance-2.0": { "480p": 0.06, "720p": 0.13, "1080p": 0.32 } }),
  },
  jiekou: {
    path: "jiekou",
    pricesPerSecond: prices({
      "seedance-2.0": { "480p": [0.0703, 0.0432], "720p": [0.1512, 0.0929], "1080p": [0.3742, 0.2284] },
      "seedance-2.0-fast": { "480p": [0.0562, 0.0331], "720p": [0.121, 0.0713] },
    }),
  },
  toapis: {
    path: "toapis",
    pricesPerSecond: prices({
      "seedance-2.0": { "480p": 0.065, "720p": 0.14, "1080p": 0.35, "4k": 0.7 },
      "seedance-2.0-fast": { "480p": 0.052, "720p": 0.112 },
      "seedance-2.0-mini": { "480p": 0.032, "720p": 0.07 },
    }),
  },
  xingchao: {
    path: "xingchao/kyyReactApiServer",
    pricesPerSecond: prices({
      "seedance-2.0": { "720p": 0.06 },
      "seedance-2.0-fast": { "720p": 0.045 },
      "seedance-2.0-pro": { "720p": 0.11 },
      "seedance-2.0-fast-pro": { "720p": 0.085 },
    }),
  },
  ark: {
    path: "ark/api/v3",
    pricesPerMillionTokens: prices({
      "seedance-2.0": { "480p": [7, 4.3], "720p": [7, 4.3], "1080p": [7.7, 4.7], "4k": [4, 2.4] },
      "seedance-2.0-fast": { "480p": [5.6, 3.3], "720p": [5.6, 3.3] },
      "seedance-2.0-mini": { "480p": [3.5, 2.1], "720p": [3.5, 2.1] },
    }),
  },
} as const satisfies Readonly<Record<string, SimulatorAccount>>;

export type SimulatorProvider = keyof typeof simulatorAccounts;
export const simulatorProviders = Object.keys(simulatorAccounts) as SimulatorProvider[];

type Price = number | readonly [usual: number, withVideoInput: number];

/** The prices as an account's configuration has them. */
function prices(models: Readonly<Record<string, Readonly<Record<string, Price>>>>): Prices {
  const flat: Record<string, number> = {};
  for (const [model, sizes] of Object.entries(models)) {
    for (const [size, price] of Object.entries(sizes)) {
      const [usual, withVideo] = typeof price === "number" ? [price] : price;
      flat[`${model}/${size}`] = usual;
      if (withVideo !== undefined) flat[`${model}/${size}+video`] = withVideo;
    }
  }
  return flat;
}
