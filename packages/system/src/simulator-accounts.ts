/** A simulated provider: its path and its prices. */
interface SimulatorAccount {
  /** Below the simulator's base URL. */
  path: string;
  pricesPerSecond?: Readonly<Record<string, number>>;
  pricesPerMillionTokens?: Readonly<Record<string, number>>;
}

/**
 * Every simulated provider with the prices that the simulator charges, so that its bill equals the ledger to the cent.
 * Real prices belong in the user's configuration.
 */
export const simulatorAccounts = {
  hiapi: {
    path: "hiapi",
    pricesPerSecond: { "seedance-2.0/480p": 0.06, "seedance-2.0/720p": 0.13, "seedance-2.0/1080p": 0.32 },
  },
  jiekou: {
    path: "jiekou",
    pricesPerSecond: {
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
    },
  },
  toapis: {
    path: "toapis",
    pricesPerSecond: {
      "seedance-2.0/480p": 0.065,
      "seedance-2.0/720p": 0.14,
      "seedance-2.0/1080p": 0.35,
      "seedance-2.0/4k": 0.7,
      "seedance-2.0-fast/480p": 0.052,
      "seedance-2.0-fast/720p": 0.112,
      "seedance-2.0-mini/480p": 0.032,
      "seedance-2.0-mini/720p": 0.07,
    },
  },
  xingchao: {
    path: "xingchao/kyyReactApiServer",
    pricesPerSecond: {
      "seedance-2.0/720p": 0.06,
      "seedance-2.0-fast/720p": 0.045,
      "seedance-2.0-pro/720p": 0.11,
      "seedance-2.0-fast-pro/720p": 0.085,
    },
  },
  ark: {
    path: "ark/api/v3",
    pricesPerMillionTokens: {
      "seedance-2.0/480p": 7,
      "seedance-2.0/720p": 7,
      "seedance-2.0/1080p": 7.7,
      "seedance-2.0/4k": 4,
      "seedance-2.0-fast/480p": 5.6,
      "seedance-2.0-fast/720p": 5.6,
      "seedance-2.0-mini/480p": 3.5,
      "seedance-2.0-mini/720p": 3.5,
      "seedance-2.0/480p+video": 4.3,
      "seedance-2.0/720p+video": 4.3,
      "seedance-2.0/1080p+video": 4.7,
      "seedance-2.0/4k+video": 2.4,
      "seedance-2.0-fast/480p+video": 3.3,
      "seedance-2.0-fast/720p+video": 3.3,
      "seedance-2.0-mini/480p+video": 2.1,
      "seedance-2.0-mini/720p+video": 2.1,
    },
  },
} as const satisfies Readonly<Record<string, SimulatorAccount>>;

export type SimulatorProvider = keyof typeof simulatorAccounts;
export const simulatorProviders = Object.keys(simulatorAccounts) as SimulatorProvider[];
