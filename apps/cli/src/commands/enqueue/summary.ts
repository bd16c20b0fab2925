import { dirname } from "node:path";
import type { Generation } from "@reelqueue/contracts";
import pc from "picocolors";
import type { FileOf } from "../files.ts";
import { columns, cut, differenceText } from "../show.ts";
import type { Sent } from "./send.ts";

/** What came of a file; also the last line with --json. */
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
  /** What came out dearer than expected, less what came out cheaper, over those that succeeded and whose price was known. */
  beyondEstimateUsd: number;
  /** Succeeded, but nobody knows at what price. */
  unpriced: number;
  seconds: number;
  outputs: { line: number; id: string; files: string[] }[];
  failures: { line: number; id?: string; reason: string }[];
}

interface Told {
  batch: string;
  sent: Sent;
  generations: readonly Generation[];
  seconds: number;
  fileOf: FileOf;
}

export function summarize({ batch, sent, generations, seconds, fileOf }: Told): Summary {
  const of = (state: Generation["state"]) => generations.filter((each) => each.state === state);
  const lineOf = ({ id }: Generation) => sent.lines.get(id) ?? 0;
  const failed = of("failed");
  const costs = generations.map(({ cost }) => cost.settledUsd ?? 0);
  const beyond = of("succeeded").map(({ cost: { estimateUsd, settledUsd } }) =>
    estimateUsd === null || settledUsd === null ? 0 : settledUsd - estimateUsd,
  );
  return {
    batch,
    rows: sent.lines.size + sent.refused.length,
    accepted: sent.accepted,
    existing: sent.existing,
    refused: sent.refused.length,
    succeeded: of("succeeded").length,
    failed: Object.fromEntries(
      [...Map.groupBy(failed, ({ failure }) => failure?.class ?? "unclassified")].map(([name, own]) => [
        name,
        own.length,
      ]),
    ),
    canceled: of("canceled").length,
    expired: of("expired").length,
    needsReview: of("needs_review").length,
    retries: generations.reduce((sum, { attempt }) => sum + attempt - 1, 0),
    costUsd: sumOf(costs),
    beyondEstimateUsd: sumOf(beyond),
    unpriced: of("succeeded").filter(({ cost }) => cost.settledUsd === null).length,
    seconds: Math.round(seconds * 10) / 10,
    outputs: of("succeeded").map((each) => ({
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

function sumOf(amountsUsd: readonly number[]): number {
  return Math.round(amountsUsd.reduce((sum, usd) => sum + usd, 0) * 1e6) / 1e6;
}

function reasonOf({ state, failure }: Generation): string {
  return failure
    ? `${failure.class}: ${failure.message}`
    : state === "needs_review"
      ? "a person has to say whether it was sent: ./reelqueue review"
      : state;
}

export function allSucceeded({ rows, succeeded }: Summary): boolean {
  return succeeded === rows;
}

const mostLines = 10;

/** The summary for a person. */
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
    ...(existing > 0 ? [["enqueued", `${accepted} new, ${existing} were there before and are not paid again`]] : []),
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
    .slice(0, mostLines)
    .map(({ line, id, reason }) => `    line ${line}${id ? `  ${id}` : ""}  ${cut(reason, 100)}`);
  const more = failures.length > mostLines ? [`    … and ${failures.length - mostLines} more`] : [];
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
  if (first.startsWith("http")) return ["", `  videos, one address for each, such as ${first}`];
  if (files.length === 1) return ["", `  one file: ${first}`];
  return ["", `  ${files.length} files lie in ${dirname(dirname(first))}, the first one is`, `    ${first}`];
}
