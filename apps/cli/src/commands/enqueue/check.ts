import { type GenerationInput, problemText, type RowAnswer } from "@reelqueue/contracts";
import { type LocalFiles, withStored } from "./media.ts";
import { type PrepareOptions, prepare } from "./prepare.ts";
import type { LineProblem, ReadRows, Row } from "./rows.ts";
import type { Screen } from "./screen.ts";

/** A valid row with its account and price. */
export interface CheckedRow extends Row {
  account: string;
  /** Null: the price is not known. */
  usd: number | null;
}

export interface Checked {
  rows: CheckedRow[];
  files: LocalFiles;
  problems: LineProblem[];
  warnings: LineProblem[];
}

interface CheckOptions extends PrepareOptions {
  batch: string;
  screen: Screen;
  signal: AbortSignal;
}

/** Rows between two progress messages. */
const progressEvery = 1_000;

/** Checks and prices every row; nothing is enqueued. */
export async function check(read: ReadRows, options: CheckOptions): Promise<Checked> {
  const { rows, files, problems } = await prepare(read, options, (row) => batchRule(row, options.batch));
  const answered = await dryRun(rows, files, options);
  const byLine = (a: LineProblem, b: LineProblem) => a.line - b.line;
  return { ...answered, files, problems: [...problems, ...answered.problems].sort(byLine) };
}

function batchRule({ line, request }: Row, batch: string): LineProblem[] {
  if (request.batch === undefined || request.batch === batch) return [];
  return [
    { line, message: `batch: all rows of a file belong to one batch, here "${batch}"; omit the field, or use --batch` },
  ];
}

async function dryRun(
  rows: readonly Row[],
  files: LocalFiles,
  { client, screen, signal }: CheckOptions,
): Promise<Omit<Checked, "files">> {
  const checked: CheckedRow[] = [];
  const problems: LineProblem[] = [];
  const warnings: LineProblem[] = [];
  const inputs = rows.map(({ request }) => withStored(request, files) as GenerationInput);
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
    checked.push({ ...row, account: answer.account, usd: answer.quote.usd });
    warnings.push(...answer.warnings.map((warning) => ({ line, message: problemText(warning) })));
  }
  return { rows: checked, problems, warnings };
}

export function refusalTexts({ error }: Extract<RowAnswer, { status: "refused" }>): string[] {
  return error.problems?.length
    ? error.problems.map((problem) => problemText(problem as Parameters<typeof problemText>[0]))
    : [error.message];
}
