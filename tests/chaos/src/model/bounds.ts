import type { Budget, ReconcileMeans, Rules } from "./state.ts";

export const allRules: Rules = { intent: true, durable: true, noBlindRetry: true, fence: true, quiet: true };

/** Bounds of the tests; `large` are those of `npm run chaos -- --model`. */
export const small: Budget = {
  crashes: 1,
  lostAnswers: 1,
  lostReplies: 1,
  powerCuts: 1,
  refusals: 1,
  failures: 1,
  redeliveries: 1,
  observations: 2,
};
export const large: Budget = { ...small, redeliveries: 2, observations: 3 };

/** Bounds for two generations that share the workers. */
export const shared: Budget = { ...small, lostReplies: 0, powerCuts: 0, refusals: 0, failures: 0, redeliveries: 0 };

/**
 * The pairs of rule and provider where leaving out the rule breaks a promise; idempotency keys make some rules
 * redundant.
 */
export const requiredRules: readonly [rule: keyof Rules, means: ReconcileMeans][] = [
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
