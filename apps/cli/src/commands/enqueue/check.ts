import { type GenerationInput, problemText, type RowAnswer } from "@reelqueue/contracts";
import { type LocalFiles, withStored } from "./media.ts";
import { type Preparing, prepare } from "./prepare.ts";
import type { LineProblem, ReadRows, Row } from "./rows.ts";
import type { Screen } from "./screen.ts";

/** A row that can be made, and where and for how much. */
export interface CheckedRow extends Row {
  account: string;
  usd: number | null;
}

export interface Checked {
  rows: CheckedRow[];
  files: LocalFiles;
  problems: LineProblem[];
  warnings: LineProblem[];
}

interface Checking extends Preparing {
  batch: string;
  screen: Screen;
  signal: AbortSignal;
}

/** A person is told how far it is after so many rows. */
const toldEvery = 1_000;

/** Checks and prices every row; nothing is enqueued. */
export async function check(read: ReadRows, checking: Checking): Promise<Checked> {
  const { rows, files, problems } = await prepare(read, checking, (row) => ownRules(row, checking.batch));
  const asked = await ask(rows, files, checking);
  const byLine = (a: LineProblem, b: LineProblem) => a.line - b.line;
  return { ...asked, files, problems: [...problems, ...asked.problems].sort(byLine) };
}

function ownRules({ line, request }: Row, batch: string): LineProblem[] {
  if (request.batch === undefined || request.batch === batch) return [];
  return [
    { line, message: `batch: all rows of a file are one batch, here "${batch}"; leave the field out, or use --batch` },
  ];
}

async function ask(
  rows: readonly Row[],
  files: LocalFiles,
  { client, screen, signal }: Checking,
): Promise<Omit<Checked, "files">> {
  const checked: CheckedRow[] = [];
  const problems: LineProblem[] = [];
  const warnings: LineProblem[] = [];
  const inputs = rows.map(({ request }) => withStored(request, files) as GenerationInput);
  let next = 0;
  for await (const answer of client.enqueueMany(inputs, { dryRun: true, signal })) {
    const row = rows[next++];
    if (row === undefined) break;
    if (next % toldEvery === 0) screen.show([`  ${next} of ${rows.length} rows checked`]);
    const { line } = row;
    if (answer.status === "refused") {
      problems.push(...sentencesOf(answer).map((message) => ({ line, message })));
      continue;
    }
    checked.push({ ...row, account: answer.account, usd: answer.quote.usd });
    warnings.push(...answer.warnings.map((warning) => ({ line, message: problemText(warning) })));
  }
  return { rows: checked, problems, warnings };
}

export function sentencesOf({ error }: Extract<RowAnswer, { status: "refused" }>): string[] {
  return error.problems?.length
    ? error.problems.map((problem) => problemText(problem as Parameters<typeof problemText>[0]))
    : [error.message];
}
