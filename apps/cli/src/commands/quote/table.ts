import { problemText, type QuoteAnswer, type QuotedOffer, type QuoteRow, type QuoteTotal } from "@reelqueue/contracts";
import pc from "picocolors";
import { columns, dollars } from "../show.ts";

const maxLines = 50;

/** A quote for the terminal: each row on each account, the totals, and the reasons for impossible rows. */
export function quoteText({ rows, accounts, chosen }: QuoteAnswer): string {
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
