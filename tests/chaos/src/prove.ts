import type { ChaosOptions, Log } from "./options.ts";
import { writeReport } from "./report.ts";
import { runChaos } from "./run.ts";
import { type Rule, rules } from "./without.ts";

/** For each safety rule the run that is meant to break a promise without it. */
const plans: Record<Rule, Partial<ChaosOptions>> = {
  intent: { generations: 80, kills: 6, nemeses: ["kill", "crash-at", "all-at-once"] },
  durable: { generations: 80, kills: 40, nemeses: ["dies-unheard"] },
  "no-blind-retry": {
    generations: 40,
    kills: 1,
    nemeses: ["kill"],
    faults: { "accept-reset*1": 0.2, "accept-500*1": 0.2 },
  },
  fence: {
    generations: 150,
    kills: 120,
    nemeses: ["echo", "zombie", "late-writes"],
    faults: { "submit-429*2": 0.6, "task-fails*1": 0.3 },
  },
  quiet: { generations: 60, kills: 1, nemeses: ["kill"], faults: { "accept-late*1": 0.3 }, accounts: ["ark"] },
};

/** Promises about money and final states; a run that only gets stuck proves nothing. */
const promises = ["I2", "I3", "I4", "I6", "I16"];

/**
 * Runs each proof without its rule, with new seeds until a promise breaks or the time is up, and once with all rules as
 * the control.
 */
export async function proveRules(options: ChaosOptions, log: Log) {
  const proofs: Awaited<ReturnType<typeof prove>>[] = [];
  for (const rule of options.without === undefined ? rules : [options.without])
    proofs.push(await prove(rule, options, log));
  const ok = proofs.every(({ without, withAll }) => Object.keys(without).length > 0 && withAll === 0);
  return { ok, seed: options.seed, proofs };
}

async function prove(rule: Rule, options: ChaosOptions, log: Log) {
  log(`\n=== without "${rule}"`);
  const proof = { ...options, faults: {}, accounts: ["jiekou"] as const, ...plans[rule] };
  let without: Record<string, number> = {};
  let [tries, seconds] = [0, 0];
  while (Object.keys(without).length === 0 && seconds < options.minutes * 60) {
    const tried = await attempt({ ...proof, seed: options.seed + tries, without: rule }, log);
    without = tried.broken;
    tries += 1;
    seconds += tried.seconds;
  }
  log("\n=== the same faults with every rule");
  const control = await attempt({ ...proof, seed: options.seed + tries - 1, without: undefined }, log);
  const withAll = Object.values(control.broken).reduce((sum, count) => sum + count, 0);
  return {
    rule,
    /** Broken promises without the rule, with their number of cases; empty: none was found. */
    without,
    /** Cases broken by the same faults with all rules in place. */
    withAll,
    tries,
    seconds,
  };
}

async function attempt(options: ChaosOptions, log: Log) {
  const report = `${options.report}/${options.without ?? "all-rules"}-${options.seed}`;
  const outcome = await runChaos({ ...options, report }, log);
  writeReport(outcome);
  const broken: Record<string, number> = {};
  for (const { promise, broken: cases } of outcome.findings) {
    const isRelevant = options.without === undefined || promises.includes(promise);
    if (!isRelevant || cases.length === 0) continue;
    broken[promise] = (broken[promise] ?? 0) + cases.length;
    log(`${promise} broken: ${cases[0]} (${cases.length} cases)`);
  }
  return { broken, seconds: outcome.seconds };
}
