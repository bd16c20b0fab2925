import { dirname } from "node:path";
import type { Generation } from "@reelqueue/contracts";
import pc from "picocolors";
import type { FileOf } from "../api.ts";
import { columns, cut, differenceText } from "../show.ts";
import type { Sent } from "./send.ts";

/** The outcome of a file; with `--json` also the last line of the output. */
export interface Summary {
  batch: string;
  rows: number;
  accepted: number;
  existing: number;
  refused: number;
  succeeded: number;
  /** By failure class. */
  failed: Record<string, number>;
  canceled: number;
  expired: number;
  needsReview: number;
  /** Paid attempts beyond the first. */
  retries: number;
  costUsd: number;
  /** Settled cost minus estimate, over the succeeded generations for which both are known. */
  beyondEstimateUsd: number;
  /** Succeeded generations without a known price. */
  unpriced: number;
  seconds: number;
  outputs: { line: number; id: string; files: string[] }[];
  failures: { line: number; id?: string; reason: string }[];
}

interface SummaryInput {
  batch: string;
  sent: Sent;
  generations: readonly Generation[];
  /** Duration of the run. */
  seconds: number;
  fileOf: FileOf;
}

export function summarize({ batch, sent, generations, seconds, fileOf }: SummaryInput): Summary {
  const of = (state: Generation["state"]) => generations.filter((each) => each.state === state);
  const lineOf = ({ id }: Generation) => sent.lines.get(id) ?? 0;
  const succeeded = of("succeeded");
  return {
    batch,
    rows: sent.lines.size + sent.refused.length,
    accepted: sent.accepted,
    existing: sent.existing,
    refused: sent.refused.length,
    succeeded: succeeded.length,
    failed: countByClass(of("failed")),
    canceled: of("canceled").length,
    expired: of("expired").length,
    needsReview: of("needs_review").length,
    retries: generations.reduce((sum, { attempt }) => sum + attempt - 1, 0),
    costUsd: sumOf(generations.map(({ cost }) => cost.settledUsd ?? 0)),
    beyondEstimateUsd: sumOf(succeeded.map(beyondEstimate)),
    unpriced: succeeded.filter(({ cost }) => cost.settledUsd === null).length,
    seconds: Math.round(seconds * 10) / 10,
    outputs: succeeded.map((each) => ({
      line: lineOf(each),
      id: each.id,
      files: each.outputs.map((output, n) => fileOf(each.id, output.key, n)),
    })),
    failures: [
      ...sent.refused.map(({ line, message }) => ({ line, reason: message })),
      ...generations
        .filter(({ state }) => state !== "succeeded")
        .map((each) => ({ line: lineOf(each), id: each.id, reason: reasonOf(each) })),
    ],
  };
}

function countByClass(failed: readonly Generation[]): Record<string, number> {
  const groups = Map.groupBy(failed, ({ failure }) => failure?.class ?? "unclassified");
  return Object.fromEntries([...groups].map(([name, group]) => [name, group.length]));
}

function beyondEstimate({ cost: { estimateUsd, settledUsd } }: Generation): number {
  return estimateUsd === null || settledUsd === null ? 0 : settledUsd - estimateUsd;
}

function sumOf(amountsUsd: readonly number[]): number {
  return Math.round(amountsUsd.reduce((sum, usd) => sum + usd, 0) * 1e6) / 1e6;
}

function reasonOf({ state, failure }: Generation): string {
  return failure
    ? `${failure.class}: ${failure.message}`
    : state === "needs_review"
      ? "an operator has to say whether it was sent: ./reelqueue review"
      : state;
}

export function allSucceeded({ rows, succeeded }: Summary): boolean {
  return succeeded === rows;
}

const maxLines = 10;

/** The summary for the terminal. */
export function summaryText(summary: Summary): string {
  const { succeeded, rows, failures, outputs, existing, accepted, retries } = summary;
  const failed = Object.entries(summary.failed).map(([name, count]) => `${count} ${name}`);
  const facts = [
    ["succeeded", `${succeeded} of ${rows}`],
    ...(failed.length > 0 ? [["failed", failed.join(", ")]] : []),
    ...(summary.refused > 0 ? [["refused", `${summary.refused}`]] : []),
    ...(summary.canceled > 0 ? [["canceled", `${summary.canceled}`]] : []),
    ...(summary.expired > 0 ? [["expired", `${summary.expired}`]] : []),
    ...(summary.needsReview > 0 ? [["to review", `${summary.needsReview}   ./reelqueue review`]] : []),
    ...(retries > 0 ? [["retries", `${retries}`]] : []),
    ...(existing > 0 ? [["enqueued", `${accepted} new, ${existing} enqueued before and not paid again`]] : []),
    ["cost", costText(summary)],
    ["time", `${summary.seconds} s`],
  ];
  return [columns(facts), ...failureLines(failures), ...outputLines(outputs)].join("\n");
}

function costText({ costUsd, beyondEstimateUsd, unpriced, succeeded }: Summary): string {
  if (unpriced > 0 && unpriced === succeeded) return "price not known";
  const difference = differenceText(beyondEstimateUsd);
  return `$${costUsd.toFixed(2)}${unpriced > 0 ? ` and ${unpriced} without a known price` : ""}${difference && `, ${difference}`}`;
}

function failureLines(failures: Summary["failures"]): string[] {
  if (failures.length === 0) return [];
  const shown = failures
    .slice(0, maxLines)
    .map(({ line, id, reason }) => `    line ${line}${id ? `  ${id}` : ""}  ${cut(reason, 100)}`);
  const more = failures.length > maxLines ? [`    … and ${failures.length - maxLines} more`] : [];
  return [
    "",
    pc.red("  not done:"),
    ...shown,
    ...more,
    pc.dim("    ./reelqueue get <id> shows what happened; ./reelqueue retry <id> tries again where that is safe"),
  ];
}

function outputLines(outputs: Summary["outputs"]): string[] {
  const files = outputs.flatMap((each) => each.files);
  const [first] = files;
  if (first === undefined) return [];
  if (first.startsWith("http")) return ["", `  videos by URL, for example ${first}`];
  if (files.length === 1) return ["", `  one file: ${first}`];
  return ["", `  ${files.length} files in ${dirname(dirname(first))}, the first one is`, `    ${first}`];
}
