import type { Budget, Means, Rules } from "./state.ts";

export const allRules: Rules = { intent: true, durable: true, noBlindRetry: true, fence: true, quiet: true };

/** Bounds that a test run has time for; `large` is what `npm run chaos -- --model` visits. */
export const small: Budget = {
  crashes: 1,
  lostAnswers: 1,
  echoes: 1,
  amnesia: 1,
  refusals: 1,
  failures: 1,
  redeliveries: 1,
  looks: 2,
};
export const large: Budget = { ...small, redeliveries: 2, looks: 3 };

/** For two generations that share the workers. */
export const shared: Budget = { ...small, echoes: 0, amnesia: 0, refusals: 0, failures: 0, redeliveries: 0 };

/** Which rule is missed with which providers; with idempotency keys the provider itself keeps what the others need a rule for. */
export const missed: readonly [rule: keyof Rules, means: Means][] = [
  ["intent", "lookup"],
  ["intent", "none"],
  ["durable", "lookup"],
  ["durable", "none"],
  ["noBlindRetry", "lookup"],
  ["noBlindRetry", "key"],
  ["noBlindRetry", "none"],
  ["fence", "lookup"],
  ["fence", "none"],
  ["quiet", "lookup"],
];
