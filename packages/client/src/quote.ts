import { type GenerationInput, type QuoteAnswer, type QuoteRow, QuoteSum } from "@reelqueue/contracts";
import { chunked, readLines } from "./enqueue-many.ts";
import type { Http } from "./http.ts";

export interface QuoteOptions {
  /** Price all rows on this account. Default: on every account. */
  account?: string;
  signal?: AbortSignal;
}

/** Prices rows, one request per chunk, and sums them up. */
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

/** The last line of an answer holds the totals of that request, which `sum` replaces. */
function isRow(line: Partial<QuoteRow>): line is QuoteRow {
  return line.line !== undefined;
}
