import type { FaultMix } from "./feed.ts";
import type { ChaosOptions } from "./options.ts";
import { summarize, writeReport } from "./report.ts";
import { runChaos } from "./run.ts";
import type { Rule } from "./without.ts";
import type { AccountName } from "./world/world.ts";

/** A rule, and the faults that are aimed at it. */
interface Aim {
  rule: Rule;
  generations: number;
  kills: number;
  faults: FaultMix;
  accounts: readonly AccountName[];
  nemeses: string[];
}

/** With each rule left out, faults are found that break a promise; with all rules kept, the same faults break none. */
const aims: readonly Aim[] = [
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

/** Promises about money and ends; a run that only gets stuck proves nothing. */
const promises = ["I2", "I3", "I4", "I6", "I16"];

export interface Proof {
  rule: Rule;
  /** Promises that broke without the rule; empty: the faults did not show what it is for. */
  without: Record<string, number>;
  /** What the same faults broke while all rules were kept. */
  withAll: number;
  tries: number;
  seconds: number;
}

/** Shows for each rule that the machine can fail: without it a violation is found, with it none. */
export async function proveRules(options: ChaosOptions, say: (line: string) => void): Promise<Proof[]> {
  const proofs: Proof[] = [];
  for (const aim of aims) {
    if (options.without !== undefined && options.without !== aim.rule) continue;
    say(`\n=== without "${aim.rule}"`);
    const proof: Proof = { rule: aim.rule, without: {}, withAll: 0, tries: 0, seconds: 0 };
    while (Object.keys(proof.without).length === 0 && proof.seconds < options.minutes * 60) {
      const seed = options.seed + proof.tries;
      const { broken, seconds } = await attempt(aim, { ...options, seed, without: aim.rule }, say);
      proof.without = broken;
      proof.tries += 1;
      proof.seconds += seconds;
    }
    say(`\n=== the same with every rule`);
    const { without: _, ...kept } = options;
    const control = await attempt(aim, { ...kept, seed: options.seed + proof.tries - 1 }, say);
    proof.withAll = Object.values(control.broken).reduce((sum, count) => sum + count, 0);
    proofs.push(proof);
  }
  return proofs;
}

async function attempt(
  { generations, kills, faults, accounts, nemeses }: Aim,
  options: ChaosOptions,
  say: (line: string) => void,
): Promise<{ broken: Record<string, number>; seconds: number }> {
  const report = `${options.report}/${options.without ?? "all-rules"}-${options.seed}`;
  const outcome = await runChaos({ ...options, generations, kills, faults, accounts, nemeses, report }, say);
  writeReport(outcome, summarize(outcome));
  const broken: Record<string, number> = {};
  const believed = options.without === undefined ? undefined : promises;
  const costly = outcome.findings.filter(
    ({ promise, broken: cases }) => (believed?.includes(promise) ?? true) && cases.length > 0,
  );
  for (const finding of costly) {
    broken[finding.promise] = (broken[finding.promise] ?? 0) + finding.broken.length;
    say(`${finding.promise} broken: ${finding.broken[0]} (${finding.broken.length} in all)`);
  }
  return { broken, seconds: outcome.seconds };
}
