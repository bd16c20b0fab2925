import type { FaultMix } from "./feed.ts";
import type { ChaosOptions } from "./options.ts";
import { summarize, writeReport } from "./report.ts";
import { runChaos } from "./run.ts";
import type { AccountName } from "./system/system.ts";
import type { Rule } from "./without.ts";

/** A safety rule and the run that is meant to break a promise without it. */
interface Proof {
  rule: Rule;
  generations: number;
  kills: number;
  faults: FaultMix;
  accounts: readonly AccountName[];
  nemeses: string[];
}

const proofs: readonly Proof[] = [
  {
    rule: "intent",
    generations: 80,
    kills: 6,
    faults: {},
    accounts: ["jiekou"],
    nemeses: ["kill", "crash-at", "all-at-once"],
  },
  {
    rule: "durable",
    generations: 80,
    kills: 40,
    faults: {},
    accounts: ["jiekou"],
    nemeses: ["dies-unheard"],
  },
  {
    rule: "no-blind-retry",
    generations: 40,
    kills: 1,
    faults: { "accept-reset*1": 0.2, "accept-500*1": 0.2 },
    accounts: ["jiekou"],
    nemeses: ["kill"],
  },
  {
    rule: "fence",
    generations: 150,
    kills: 120,
    faults: { "submit-429*2": 0.6, "task-fails*1": 0.3 },
    accounts: ["jiekou"],
    nemeses: ["echo", "zombie", "late-writes"],
  },
  {
    rule: "quiet",
    generations: 60,
    kills: 1,
    faults: { "accept-late*1": 0.3 },
    accounts: ["ark"],
    nemeses: ["kill"],
  },
];

/** Promises about money and final states; a run that only gets stuck proves nothing. */
const promises = ["I2", "I3", "I4", "I6", "I16"];

export interface ProofResult {
  rule: Rule;
  /** Broken promises without the rule, with their number of cases; empty: none was found. */
  without: Record<string, number>;
  /** Cases broken by the same faults with all rules in place. */
  withAll: number;
  tries: number;
  seconds: number;
}

/**
 * Runs each proof without its rule, with new seeds until a promise breaks or the time is up, and once with all rules as
 * the control.
 */
export async function proveRules(options: ChaosOptions, log: (line: string) => void): Promise<ProofResult[]> {
  const results: ProofResult[] = [];
  for (const proof of proofs) {
    if (options.without !== undefined && options.without !== proof.rule) continue;
    log(`\n=== without "${proof.rule}"`);
    const result: ProofResult = { rule: proof.rule, without: {}, withAll: 0, tries: 0, seconds: 0 };
    while (Object.keys(result.without).length === 0 && result.seconds < options.minutes * 60) {
      const seed = options.seed + result.tries;
      const { broken, seconds } = await attempt(proof, { ...options, seed, without: proof.rule }, log);
      result.without = broken;
      result.tries += 1;
      result.seconds += seconds;
    }
    log("\n=== the same faults with every rule");
    const { without: _, ...kept } = options;
    const control = await attempt(proof, { ...kept, seed: options.seed + result.tries - 1 }, log);
    result.withAll = Object.values(control.broken).reduce((sum, count) => sum + count, 0);
    results.push(result);
  }
  return results;
}

async function attempt(
  { generations, kills, faults, accounts, nemeses }: Proof,
  options: ChaosOptions,
  log: (line: string) => void,
): Promise<{ broken: Record<string, number>; seconds: number }> {
  const report = `${options.report}/${options.without ?? "all-rules"}-${options.seed}`;
  const outcome = await runChaos({ ...options, generations, kills, faults, accounts, nemeses, report }, log);
  writeReport(outcome, summarize(outcome));
  const broken: Record<string, number> = {};
  const relevant = options.without === undefined ? undefined : promises;
  const findings = outcome.findings.filter(
    ({ promise, broken: cases }) => (relevant?.includes(promise) ?? true) && cases.length > 0,
  );
  for (const finding of findings) {
    broken[finding.promise] = (broken[finding.promise] ?? 0) + finding.broken.length;
    log(`${finding.promise} broken: ${finding.broken[0]} (${finding.broken.length} cases)`);
  }
  return { broken, seconds: outcome.seconds };
}
