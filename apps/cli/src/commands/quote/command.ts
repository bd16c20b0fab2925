import type { Client } from "@reelqueue/client";
import type { GenerationInput, QuoteAnswer, QuoteRow } from "@reelqueue/contracts";
import { Command } from "commander";
import { connect } from "../api.ts";
import { withStored } from "../enqueue/media.ts";
import { type Prepared, prepare } from "../enqueue/prepare.ts";
import { collectPairs, type LineProblem, parseCount, readRows, sourceAt, variablesOf } from "../enqueue/rows.ts";
import { printJson } from "../show.ts";
import { quoteText } from "./table.ts";

interface QuoteOptions {
  account?: string;
  count?: number;
  json?: boolean;
  set: string[];
}

export const quote = new Command("quote")
  .description(
    "Price a file with one request as JSON in each line, on every account side by side; nothing is enqueued.",
  )
  .argument("<file>", "JSON Lines; - reads standard input")
  .option("--account <name>", "use this account for all rows")
  .option("--count <n>", "only the first n rows", parseCount)
  .option("--json", "as one JSON object")
  .option("--set <NAME=VALUE>", "value of {{NAME}} in media and webhook URLs; may be repeated", collectPairs, [])
  .addHelpText("after", "\nExit code: 0 every row is possible, 2 some are not.")
  .action(async (file: string, options: QuoteOptions) => {
    process.exitCode = await quoteFile(file, options);
  });

/** Prices a file and prints the quote; returns the exit code. */
async function quoteFile(file: string, { account, count, json, set }: QuoteOptions): Promise<number> {
  const { client } = connect();
  const source = await sourceAt(file);
  const read = await readRows(source, count ?? Number.POSITIVE_INFINITY);
  const accounts = await client.accounts();
  const prepared = await prepare(read, { client, accounts, folder: source.folder, variables: variablesOf(set) });
  const answer = withProblems(await requestQuote(prepared, account, client), prepared.problems);
  if (json) printJson(answer);
  else console.log(quoteText(answer));
  return answer.chosen.refused > 0 ? 2 : 0;
}

async function requestQuote(
  { rows, files }: Prepared,
  account: string | undefined,
  client: Client,
): Promise<QuoteAnswer> {
  const inputs = rows.map(({ request }) => withStored(request, files) as GenerationInput);
  const answer = await client.quote(inputs, account === undefined ? {} : { account });
  return { ...answer, rows: answer.rows.map((row, i) => ({ ...row, line: rows[i]?.line ?? row.line })) };
}

/** Adds the rows that could not be sent to the API. */
function withProblems({ rows, accounts, chosen }: QuoteAnswer, problems: readonly LineProblem[]): QuoteAnswer {
  const byLine = Map.groupBy(problems, ({ line }) => line);
  const unsent = [...byLine].map(([line, group]): QuoteRow => {
    return {
      line,
      status: "refused",
      error: { code: "invalid_request", message: group.map(({ message }) => message).join("; ") },
    };
  });
  const more = <Total extends { refused: number }>(total: Total): Total => {
    return { ...total, refused: total.refused + unsent.length };
  };
  return {
    rows: [...rows, ...unsent].sort((a, b) => a.line - b.line),
    accounts: accounts.map(more),
    chosen: more(chosen),
  };
}
