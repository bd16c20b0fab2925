import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { State } from "@reelqueue/contracts";
import { historyOf } from "./check/evidence.ts";
import type { Log } from "./options.ts";
import type { Outcome } from "./run.ts";

export type Summary = ReturnType<typeof summarize>;

/** The figures of one run; the last line that `npm run chaos` prints. Its field names are public. */
export function summarize({ options, evidence, findings, processEnds, injections, ...outcome }: Outcome) {
  const records = [...evidence.records.values()];
  const countEver = (wanted: State) => records.filter(({ record }) => historyOf(record).includes(wanted)).length;
  const [unknown, needsReview] = [countEver("unknown"), countEver("needs_review")];
  const broken = (promise: string, part = "") =>
    findings
      .filter((finding) => finding.promise === promise && finding.what.includes(part))
      .flatMap((finding) => finding.broken).length;
  const violations = findings.flatMap((finding) => finding.broken).length;
  return {
    ok: violations === 0,
    generations: records.length,
    redis: options.redis,
    /** Processes that died without warning, by a signal or at a crash point. */
    kills: processEnds.filter(({ why }) => why === "killed" || why === "crashed").length,
    /** How often another Redis server took over. */
    failovers: outcome.failovers,
    lost: broken("I1", "is in the ledger"),
    stuck: broken("I1", "rests"),
    duplicateCharges: broken("I2", "more than one task"),
    duplicateFinalizations: broken("I6"),
    /** Generations that were `unknown` at some time. */
    unknown,
    /** Of these: settled without manual review. */
    resolved: unknown - needsReview,
    needsReview,
    orphans: evidence.orphans.length,
    pickUp: outcome.pickUp,
    skipped: outcome.skipped,
    strikes: tally(injections.map(({ nemesis }) => nemesis)),
    states: tally(records.map(({ record }) => record.state)),
    violations,
    unexpectedExits: processEnds.filter(({ why }) => why === "unexpected").length,
    seed: options.seed,
    seconds: outcome.seconds,
    report: options.report,
  };
}

/** Writes the report and the evidence of a run; returns its figures. */
export function writeReport(outcome: Outcome): Summary {
  const { options, evidence, findings, processEnds, injections, observations: looks } = outcome;
  const summary = summarize(outcome);
  const writeJson = (name: string, content: unknown) =>
    writeFileSync(join(options.report, name), `${JSON.stringify(content, null, 2)}\n`);
  const records = [...evidence.records].map(([id, { record, request }]) => ({ id, prompt: request.prompt, ...record }));
  const endings = processEnds.filter(({ why }) => why === "unexpected");
  const report = { summary, options, findings, looks, strikes: injections, endings };
  writeJson("report.json", report);
  writeJson("records.json", records);
  writeJson("tasks.json", evidence.tasks);
  writeJson("received.json", evidence.received);
  return summary;
}

/** Prints the findings and the unexpected ends of processes. */
export function print({ findings, processEnds }: Outcome, log: Log): void {
  for (const { promise, what, checked, broken, unknown } of findings) {
    const figures = [`${checked} checked`, `${broken.length} broken`, `${unknown} unknown`];
    log(`${promise.padEnd(6)} ${figures.map((figure) => figure.padStart(14)).join("")}   ${what}`);
    for (const sentence of broken.slice(0, 5)) log(`         ${sentence}`);
  }
  for (const { slot, code, signal, lastWords } of processEnds.filter(({ why }) => why === "unexpected"))
    log(`${slot} ended unexpectedly (${signal ?? code}):\n${lastWords}`);
}

function tally(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    [...Map.groupBy(names, (name) => name)].map(([name, all]) => [name, all.length] as const).sort(),
  );
}
