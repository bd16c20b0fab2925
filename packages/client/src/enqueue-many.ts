import { batchLimits, type GenerationInput, type RowAnswer } from "@reelqueue/contracts";
import { ApiError, notReelqueue } from "./api-error.ts";
import type { Http } from "./http.ts";

export interface ManyOptions {
  /** All rows are accepted or none: then an ApiError says why. At most 5,000. */
  atomic?: boolean;
  /** Check and price only. */
  dryRun?: boolean;
  signal?: AbortSignal;
}

/** The size of one request: small enough to be sent again, large enough to be fast. */
const chunkRows = 1_000;
const chunkChars = 4_000_000;

export async function* enqueueMany(
  http: Http,
  inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
  options: ManyOptions = {},
): AsyncGenerator<RowAnswer> {
  let sent = 0;
  for await (const chunk of options.atomic ? whole(inputs) : chunked(inputs)) {
    yield* sendChunk(http, chunk, sent, options);
    sent += chunk.length;
  }
}

/** Yields the rows that were accepted before it throws the error that stopped the rest of the chunk. */
async function* sendChunk(
  http: Http,
  lines: string[],
  offset: number,
  { atomic, dryRun, signal }: ManyOptions,
): AsyncGenerator<RowAnswer> {
  const response = await http.call("/v1/generations/batch", {
    method: "POST",
    query: { ...(atomic && { atomic }), ...(dryRun && { dryRun }) },
    body: `${lines.join("\n")}\n`,
    contentType: "application/x-ndjson",
    signal,
  });
  for (const row of readLines<RowAnswer>(await response.text(), response)) {
    if (row.status === "refused" && serverErrors.has(row.error.code))
      throw new ApiError(row.error.code, row.error.message);
    yield { ...row, line: row.line + offset };
  }
}

/** Codes of errors that are not about the row. */
const serverErrors: ReadonlySet<string> = new Set(["unavailable", "internal", "insufficient_storage"]);

/** The lines of an answer. */
export function readLines<Line>(text: string, { url, status }: Response): Line[] {
  try {
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Line);
  } catch {
    throw notReelqueue(url, status);
  }
}

/** Rows as lines of JSON, in chunks of one request. */
export async function* chunked(
  inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>,
): AsyncGenerator<string[]> {
  let lines: string[] = [];
  let chars = 0;
  for await (const input of inputs) {
    const line = JSON.stringify(input);
    if (lines.length >= chunkRows || (lines.length > 0 && chars + line.length > chunkChars)) {
      yield lines;
      lines = [];
      chars = 0;
    }
    lines.push(line);
    chars += line.length;
  }
  if (lines.length > 0) yield lines;
}

async function* whole(inputs: Iterable<GenerationInput> | AsyncIterable<GenerationInput>): AsyncGenerator<string[]> {
  const lines: string[] = [];
  for await (const input of inputs) {
    lines.push(JSON.stringify(input));
    if (lines.length > batchLimits.atomicRows)
      throw new ApiError("too_large", `An atomic batch may hold ${batchLimits.atomicRows} rows.`);
  }
  if (lines.length > 0) yield lines;
}
