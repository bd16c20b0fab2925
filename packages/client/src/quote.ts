import { type GenerationInput, type QuoteAnswer, type QuoteRow, QuoteSum } from "@reelqueue/contracts";
import { chunked, readLines } from "./enqueue-many.ts";
import type { Http } from "./http.ts";

export interface QuoteOptions {
  /** All rows on this account; left out: on all of them side by side. */
  account?: string;
  signal?: AbortSignal;
}

/** Prices rows a request at a time and sums them up. */
export async function quote(
  http: Http,
  inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
  { account, signal }: QuoteOptions = {},
): Promise<QuoteAnswer> {
  const sum = new QuoteSum();
  const rows: QuoteRow[] = [];
  for await (const lines of chunked(inputs)) {
    const offset = rows.length;
    const response = await http.call("/v1/quotes", {
      method: "POST",
      query: { account },
      body: `${lines.join("\n")}\n`,
      contentType: "application/x-ndjson",
      signal,
    });
    for (const row of readLines<Partial<QuoteRow>>(await response.text(), response)) {
      if (!isRow(row)) continue;
      sum.add(row);
      rows.push({ ...row, line: row.line + offset });
    }
  }
  return { rows, ...sum.totals() };
}

/** The last line holds the totals of that request alone. */
function isRow(line: Partial<QuoteRow>): line is QuoteRow {
  return line.line !== undefined;
}
