import type { BatchView } from "@reelqueue/contracts";
import type { SimulatorProvider } from "@reelqueue/system";
import type { DemoPlan } from "./plan.ts";

/** The first message to the process of a run. A second one ends it with the results so far; it is the reason. */
export interface DemoRun {
  count: number;
  seed: number;
  /** Every mode at these providers; default: text only, at HiAPI and JieKou. */
  providers?: readonly SimulatorProvider[] | undefined;
  plan: DemoPlan;
  redisUrl: string;
}

/** From the process: a line that stays, the progress once a second, and at last the outcome. */
export type DemoMessage =
  | { print: string }
  | { view: BatchView; announced: number; seconds: number }
  | { outcome: DemoOutcome };

export interface DemoOutcome {
  result: DemoResult;
  /** By provider; each account has the name of its provider. */
  providers: Record<string, ProviderResult>;
  /** Every broken promise in one sentence; empty: the run is proven. */
  notProven: string[];
}

/** The fields are those of the JSON line of `demo`. */
export interface DemoResult {
  accepted: number;
  succeeded: number;
  /** Ended in any other state. */
  failed: number;
  outputs: number;
  outputBytes: number;
  webhooksVerified: number;
  duplicateWebhooks: number;
  charges: number;
  duplicateCharges: number;
  seconds: number;
  generationsPerSecond: number;
  pollsPerGeneration: number;
  redisCommandsPerGeneration: number;
}

/** The outcome at one provider. */
export interface ProviderResult {
  generations: number;
  succeeded: number;
  charges: number;
  /** Charges minus refunds by the simulator. */
  chargedUsd: number;
  /** Settled cost by the ledger. */
  settledUsd: number;
  pollsPerGeneration: number;
}
