import type { Client } from "@reelqueue/client";
import { type AccountView, type GenerationInput, problemText, type RowAnswer } from "@reelqueue/contracts";
import { findLocalFiles, type LocalFiles, withStored } from "./media.ts";
import type { LineProblem, ReadRows, Row } from "./rows.ts";
import type { Screen } from "./screen.ts";
import { filled, type Variables } from "./variables.ts";

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

interface Checking {
  client: Client;
  accounts: readonly AccountView[];
  batch: string;
  folder: string;
  variables: Variables;
  screen: Screen;
  signal: AbortSignal;
}

/** A person is told how far it is after so many rows. */
const toldEvery = 1_000;

/** Checks and prices every row; nothing is written or sent away. */
export async function check({ rows: read, problems }: ReadRows, checking: Checking): Promise<Checked> {
  const rows: Row[] = [];
  const found = [...problems];
  const values = { ...ownVariables(checking.accounts), ...checking.variables };
  for (const each of read) {
    const { row, problems: unfilled } = filled(each, values);
    found.push(...unfilled, ...ownRules(row, checking.batch));
    rows.push(row);
  }
  const good = (all: readonly Row[]) => {
    const bad = new Set(found.map(({ line }) => line));
    return all.filter(({ line }) => !bad.has(line));
  };
  const { files, problems: missing } = await findLocalFiles(good(rows), checking.folder);
  found.push(...missing);
  const asked = await ask(good(rows), files, checking);
  const byLine = (a: LineProblem, b: LineProblem) => a.line - b.line;
  return { ...asked, files, problems: [...found, ...asked.problems].sort(byLine) };
}

/** Sample rows name media that the simulated provider serves. */
function ownVariables(accounts: readonly AccountView[]): Variables {
  const simulated = accounts.find(({ live, baseUrl }) => !live && baseUrl !== undefined);
  return simulated?.baseUrl === undefined ? {} : { TWIN_URL: new URL(simulated.baseUrl).origin };
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
