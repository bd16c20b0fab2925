import type { Client } from "@reelqueue/client";
import {
  type GenerationInput,
  problemText,
  type QuoteAnswer,
  type QuotedOffer,
  type QuoteRow,
  type QuoteTotal,
} from "@reelqueue/contracts";
import { Command } from "commander";
import pc from "picocolors";
import { connect } from "./api.ts";
import { withStored } from "./enqueue/media.ts";
import { type Prepared, prepare } from "./enqueue/prepare.ts";
import { collectPairs, type LineProblem, parseCount, readRows, sourceAt, variablesOf } from "./enqueue/rows.ts";
import { columns, dollars, printJson } from "./show.ts";

const maxLines = 50;

/** A quote for the terminal: each row on each account, the totals, and the reasons for impossible rows. */
function quoteText({ rows, accounts, chosen }: QuoteAnswer): string {
  const names = accounts.map(({ account }) => account);
  const lines = rows.slice(0, maxLines).map((row) => [`line ${row.line}`, ...cells(row, names)]);
  const more = rows.length > maxLines ? [pc.dim(`  … and ${rows.length - maxLines} more rows`)] : [];
  const totals = [
    ...accounts.map((total) => [total.account, ...totalCells(total)]),
    ...(accounts.length > 1 ? [[pc.bold("as chosen"), ...totalCells(chosen)]] : []),
  ];
  return [
    ...(names.length > 0 ? [columns([["", ...names], ...lines]), ...more, ""] : []),
    ...(totals.length > 0 ? [columns(totals)] : []),
    ...problemLines(rows),
  ].join("\n");
}

/** The price on each account; that of the chosen account is underlined. */
function cells(row: QuoteRow, names: readonly string[]): string[] {
  if (row.status === "refused") return names.map((_, i) => (i === 0 ? pc.red("not valid") : ""));
  return names.map((name) => {
    const offer = row.offers.find(({ account }) => account === name);
    if (!offer) return "";
    if (offer.problems.length > 0) return pc.red("cannot");
    return row.chosen === name && names.length > 1 ? pc.underline(dollars(offer.quote.usd)) : dollars(offer.quote.usd);
  });
}

function totalCells({ rows, refused, usd, unknown }: QuoteTotal): string[] {
  const amount = rows === 0 ? "" : `${unknown > 0 && usd !== null ? "at least " : ""}${dollars(usd)}`;
  return [
    `${rows} of ${rows + refused} rows`,
    amount,
    unknown > 0 && usd !== null ? pc.yellow(`${unknown} without a known price`) : "",
  ];
}

/** The reasons why rows are not possible, or not on every account. */
function problemLines(rows: readonly QuoteRow[]): string[] {
  const sentences = rows.flatMap((row) => {
    if (row.status === "quoted") return row.offers.flatMap((offer) => offerProblemLines(row.line, offer));
    const { message, problems = [] } = row.error;
    const texts = problems.map((problem) => problemText(problem as Parameters<typeof problemText>[0]));
    return (texts.length > 0 ? texts : [message]).map((sentence) => `    line ${row.line}: ${sentence}`);
  });
  if (sentences.length === 0) return [];
  const more = sentences.length > maxLines ? [`    … and ${sentences.length - maxLines} more`] : [];
  return ["", pc.red("  why not:"), ...sentences.slice(0, maxLines), ...more];
}

function offerProblemLines(line: number, { account, problems }: QuotedOffer): string[] {
  return problems.map((problem) => `    line ${line}, ${account}: ${problemText(problem)}`);
}

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
