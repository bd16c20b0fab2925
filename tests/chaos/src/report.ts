import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { PickUp } from "./check/pick-up.ts";
import type { Outcome } from "./run.ts";
import type { Topology } from "./world/servers.ts";

/** The figures of one run; the last line of the command. */
export interface Summary {
  ok: boolean;
  generations: number;
  redis: Topology;
  /** Processes that died without warning, whether struck or at a named point. */
  kills: number;
  /** How often another server of Redis took over. */
  failovers: number;
  lost: number;
  stuck: number;
  duplicateCharges: number;
  duplicateFinalizations: number;
  /** Generations whose POST had no certain answer. */
  unknown: number;
  /** Of these: settled without a person. */
  resolved: number;
  needsReview: number;
  orphans: number;
  pickUp: PickUp;
  strikes: Record<string, number>;
  skipped: string[];
  states: Record<string, number>;
  violations: number;
  unexpectedExits: number;
  seed: number;
  seconds: number;
  report: string;
}

export function summarize(outcome: Outcome): Summary {
  const { options, evidence, findings, endings, strikes, seconds } = outcome;
  const records = [...evidence.records.values()];
  const were = (wanted: State) =>
    records.filter(({ record }) => ledger.timelineOf(record).some(({ state }) => state === wanted)).length;
  const [unknown, needsReview] = [were("unknown"), were("needs_review")];
  const broken = (promise: string, part = "") =>
    findings
      .filter((finding) => finding.promise === promise && finding.what.includes(part))
      .reduce((sum, finding) => sum + finding.broken.length, 0);
  const violations = findings.reduce((sum, finding) => sum + finding.broken.length, 0);
  return {
    ok: violations === 0,
    generations: records.length,
    redis: options.redis,
    kills: endings.filter(({ why }) => why === "struck" || why === "crashed").length,
    failovers: outcome.failovers,
    lost: broken("I1", "said yes"),
    stuck: broken("I1", "comes to rest"),
    duplicateCharges: broken("I2", "more than one task"),
    duplicateFinalizations: broken("I6"),
    unknown,
    resolved: unknown - needsReview,
    needsReview,
    orphans: evidence.orphans.length,
    pickUp: outcome.pickUp,
    skipped: outcome.skipped,
    strikes: tally(strikes.map(({ nemesis }) => nemesis)),
    states: tally(records.map(({ record }) => record.state)),
    violations,
    unexpectedExits: endings.filter(({ why }) => why === "unexpected").length,
    seed: options.seed,
    seconds,
    report: options.report,
  };
}

/** Writes everything that is needed to look into a run, and answers the file with the verdicts. */
export function writeReport(outcome: Outcome, summary: Summary): string {
  const { options, evidence, findings, endings, strikes, looks } = outcome;
  const path = join(options.report, "report.json");
  const records = [...evidence.records].map(([id, { record, request }]) => ({ id, prompt: request.prompt, ...record }));
  const bad = endings.filter(({ why }) => why === "unexpected");
  writeFileSync(path, `${JSON.stringify({ summary, options, findings, looks, strikes, endings: bad }, null, 2)}\n`);
  writeFileSync(join(options.report, "records.json"), JSON.stringify(records, null, 1));
  writeFileSync(join(options.report, "tasks.json"), JSON.stringify(evidence.tasks, null, 1));
  writeFileSync(join(options.report, "received.json"), JSON.stringify(evidence.received, null, 1));
  return path;
}

/** The verdicts for a person to read. */
export function print({ findings, endings }: Outcome, say: (line: string) => void): void {
  for (const { promise, what, checked, broken, unknown } of findings) {
    const figures = [`${checked} checked`, `${broken.length} broken`, `${unknown} unknown`];
    say(`${promise.padEnd(6)} ${figures.map((figure) => figure.padStart(14)).join("")}   ${what}`);
    for (const sentence of broken.slice(0, 5)) say(`         ${sentence}`);
  }
  for (const { slot, code, signal, lastWords } of endings.filter(({ why }) => why === "unexpected"))
    say(`${slot} ended by itself (${signal ?? code}):\n${lastWords}`);
}

function tally(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length] as const).sort(),
  );
}
