import type { Client } from "@reelqueue/client";
import type { GenerationInput, QuoteAnswer, QuoteRow } from "@reelqueue/contracts";
import { connect } from "../api.ts";
import { withStored } from "../enqueue/media.ts";
import { type Prepared, prepare } from "../enqueue/prepare.ts";
import { type LineProblem, readRows, sourceAt } from "../enqueue/rows.ts";
import { variablesOf } from "../enqueue/variables.ts";
import { printJson } from "../show.ts";
import { quoteText } from "./table.ts";

export interface Asked {
  account?: string;
  count?: number;
  json?: boolean;
  set: string[];
}

/** Prices a file and tells it; gives the exit code. */
export async function quoteFile(file: string, { account, count, json, set }: Asked): Promise<number> {
  const { client } = connect();
  const source = await sourceAt(file);
  const read = await readRows(source, count ?? Number.POSITIVE_INFINITY);
  const accounts = await client.accounts();
  const prepared = await prepare(read, { client, accounts, folder: source.folder, variables: variablesOf(set) });
  const answer = withProblems(await ask(prepared, account, client), prepared.problems);
  if (json) printJson(answer);
  else console.log(quoteText(answer));
  return answer.chosen.refused > 0 ? 2 : 0;
}

async function ask({ rows, files }: Prepared, account: string | undefined, client: Client): Promise<QuoteAnswer> {
  const inputs = rows.map(({ request }) => withStored(request, files) as GenerationInput);
  const answer = await client.quote(inputs, account === undefined ? {} : { account });
  return { ...answer, rows: answer.rows.map((row, i) => ({ ...row, line: rows[i]?.line ?? row.line })) };
}

/** The same answer with the lines that could not even be asked about. */
function withProblems({ rows, accounts, chosen }: QuoteAnswer, problems: readonly LineProblem[]): QuoteAnswer {
  const byLine = Map.groupBy(problems, ({ line }) => line);
  const unasked = [...byLine].map(([line, own]): QuoteRow => {
    return {
      line,
      status: "refused",
      error: { code: "invalid_request", message: own.map(({ message }) => message).join("; ") },
    };
  });
  const more = <Total extends { refused: number }>(total: Total): Total => {
    return { ...total, refused: total.refused + unasked.length };
  };
  return {
    rows: [...rows, ...unasked].sort((a, b) => a.line - b.line),
    accounts: accounts.map(more),
    chosen: more(chosen),
  };
}
