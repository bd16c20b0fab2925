import { type GenerationInput, problemText, type RowAnswer } from "@reelqueue/contracts";
import { CommandError } from "../../errors.ts";
import type { BatchChoice, Batches } from "./batch.ts";
import { findExisting, keyByLine } from "./keys.ts";
import { withStored } from "./media.ts";
import { type PrepareOptions, prepare } from "./prepare.ts";
import type { LineProblem, ReadRows, Row } from "./rows.ts";
import type { Screen } from "./screen.ts";

/** A valid row, with `media://` names in place of local paths. */
export interface CheckedRow extends Row {
  account: string;
  /** Null: the price is not known. */
  usd: number | null;
  /** Equal for equal requests of one batch. */
  requestHash: string;
  /** The generation that was made of it before; absent: the row is new. */
  existing?: string;
}

/** Whether the row makes a new generation. */
export function isNew({ existing }: CheckedRow): boolean {
  return existing === undefined;
}

export interface Checked {
  rows: CheckedRow[];
  problems: LineProblem[];
  warnings: LineProblem[];
  /** Rows that were made before under the name that earlier versions chose. */
  inOlder: number;
}

interface CheckOptions extends PrepareOptions, Batches {
  screen: Screen;
  signal: AbortSignal;
}

/** Rows between two progress messages. */
const progressEvery = 1_000;

/** Checks and prices every row, and finds those that were made before; nothing is enqueued. */
export async function check(read: ReadRows, options: CheckOptions): Promise<Checked> {
  const { batch, older } = options;
  const { rows, files, problems } = await prepare(read, options, (row) => batchRule(row, batch.name));
  const stored = rows.map(({ line, request }) => ({ line, request: withStored(request, files) }));
  const answered = await dryRun(stored, batch, options);
  const found = older ? await foundIn(older, stored, answered.rows, options) : [];
  const isFound = linesOf(found);
  const others = <Each extends { line: number }>(all: readonly Each[]) => all.filter(({ line }) => !isFound.has(line));
  return {
    rows: [...others(answered.rows), ...found].sort(byLine),
    problems: [...problems, ...others(answered.problems)].sort(byLine),
    warnings: others(answered.warnings),
    inOlder: found.length,
  };
}

/** The rows that this batch has already, and no other one. */
async function foundIn(
  older: BatchChoice,
  rows: readonly Row[],
  checked: readonly CheckedRow[],
  options: CheckOptions,
): Promise<CheckedRow[]> {
  if (older.size === 0) return [];
  const made = linesOf(checked.filter((row) => !isNew(row)));
  const answered = await dryRun(
    rows.filter(({ line }) => !made.has(line)),
    older,
    options,
  );
  return answered.rows.filter((row) => !isNew(row));
}

function linesOf(rows: readonly { line: number }[]): ReadonlySet<number> {
  return new Set(rows.map(({ line }) => line));
}

function byLine(a: { line: number }, b: { line: number }): number {
  return a.line - b.line;
}

function batchRule({ line, request }: Row, batch: string): LineProblem[] {
  if (request.batch === undefined || `${request.batch}`.normalize("NFC") === batch) return [];
  return [
    { line, message: `batch: all rows of a file belong to one batch, here "${batch}"; omit the field, or use --batch` },
  ];
}

async function dryRun(
  rows: readonly Row[],
  batch: BatchChoice,
  options: CheckOptions,
): Promise<Omit<Checked, "inOlder">> {
  const { client, screen, signal } = options;
  const checked: CheckedRow[] = [];
  const problems: LineProblem[] = [];
  const warnings: LineProblem[] = [];
  const inputs = rows.map((row) => inputOf(row, batch.name, keyByLine(batch.name, row)));
  let next = 0;
  for await (const answer of client.enqueueMany(inputs, { dryRun: true, signal })) {
    const row = rows[next++];
    if (row === undefined) break;
    if (next % progressEvery === 0) screen.show([`  ${next} of ${rows.length} rows checked`]);
    const { line } = row;
    if (answer.status === "refused") {
      problems.push(...refusalTexts(answer).map((message) => ({ line, message })));
      continue;
    }
    checked.push(checkedRow(row, answer));
    warnings.push(...answer.warnings.map((warning) => ({ line, message: problemText(warning) })));
  }
  const found = batch.size > 0 ? await findExisting(checked, batch.name, options) : checked;
  return { rows: found, problems, warnings };
}

function checkedRow(row: Row, answer: Exclude<RowAnswer, { status: "refused" }>): CheckedRow {
  if (answer.status !== "valid" || answer.requestHash === undefined)
    throw new CommandError(
      "This API is older than the command: it cannot say which rows were made before. Upgrade it. Nothing was enqueued.",
    );
  const { account, quote, requestHash, existing } = answer;
  return { ...row, account, usd: quote.usd, requestHash, ...(existing !== undefined && { existing }) };
}

/** The row as it is sent: under its own key, if it has one. */
export function inputOf({ request }: Row, batch: string, idempotencyKey: string): GenerationInput {
  return { idempotencyKey, ...request, batch } as GenerationInput;
}

export function refusalTexts({ error }: Extract<RowAnswer, { status: "refused" }>): string[] {
  return error.problems?.length
    ? error.problems.map((problem) => problemText(problem as Parameters<typeof problemText>[0]))
    : [error.message];
}
