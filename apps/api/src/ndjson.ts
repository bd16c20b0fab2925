import { PassThrough, type Readable } from "node:stream";
import { batchLimits, type JsonLine, readJsonLines } from "@reelqueue/contracts";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { ApiError } from "./errors.ts";

export const jsonLinesType = "application/x-ndjson";
const jsonLines = [jsonLinesType, "application/ndjson", "application/jsonl", "application/x-jsonlines"];
export const rowsBodyLimit = 64 * 1_048_576;

/** Lets JSON Lines reach the routes of this scope as a stream. */
export function acceptJsonLines(scope: FastifyInstance): void {
  scope.addContentTypeParser(jsonLines, (_request, payload, done) => done(null, payload));
}

/** The rows of a body: a JSON array or JSON Lines (`inLines`). Throws an ApiError for anything else. */
export function rowsOf(body: unknown): { chunks: Chunks; inLines: boolean } {
  if (Array.isArray(body)) {
    if (body.length > batchLimits.rows)
      throw new ApiError("too_large", `A batch may hold ${batchLimits.rows} rows; send it in parts.`);
    return { chunks: chunksOfArray(body), inLines: false };
  }
  if (body instanceof Object && "readable" in body) return { chunks: chunksOfLines(body as Readable), inLines: true };
  throw new ApiError(
    "invalid_request",
    "Send an array of requests, or one request in each line as application/x-ndjson.",
  );
}

/** One row of a batch: a request that is not checked yet, or why the row cannot be read. Lines count from 1. */
export type Row = { line: number; input: unknown } | { line: number; unreadable: ApiError };
export type Chunks = AsyncIterable<Row[]> | Iterable<Row[]>;

/** The size of one chunk of work. */
const chunkRows = 500;
const chunkBytes = 4 * 1_048_576;

function* chunksOfArray(inputs: readonly unknown[]): Generator<Row[]> {
  for (let start = 0; start < inputs.length; start += chunkRows) {
    yield inputs.slice(start, start + chunkRows).map((input, i) => ({ line: start + i + 1, input }));
  }
}

async function* chunksOfLines(stream: Readable): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let bytes = 0;
  let count = 0;
  for await (const read of readJsonLines(stream)) {
    count += 1;
    if (count > batchLimits.rows)
      throw new ApiError(
        "too_large",
        `A batch may hold ${batchLimits.rows} rows; send the rows after line ${read.line - 1} in another request.`,
      );
    rows.push(rowOf(read));
    bytes += read.bytes;
    if (rows.length < chunkRows && bytes < chunkBytes) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield rows;
}

function rowOf(line: JsonLine): Row {
  if ("value" in line) return { line: line.line, input: line.value };
  return { line: line.line, unreadable: unreadable[line.problem]() };
}

const unreadable = {
  too_long: () =>
    new ApiError(
      "too_large",
      `This line is longer than ${batchLimits.rowBytes} bytes; upload media by POST /v1/media first.`,
    ),
  not_utf8: () => new ApiError("invalid_json", "This line is not UTF-8 text."),
  not_json: () => new ApiError("invalid_json", "This line is not valid JSON."),
};

export function linesText(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/**
 * Waits for the first answer: an error before it rejects, so that it still decides the HTTP status; later errors arrive
 * as lines.
 */
export async function afterFirst<T>(answers: AsyncGenerator<T, void>): Promise<AsyncGenerator<T, void>> {
  const first = await answers.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* answers;
  })();
}

/**
 * A stream without backpressure: a client that sends everything before it reads would block it forever. The row limit
 * bounds the memory.
 */
export function unboundedStream(texts: AsyncIterable<string>, log: FastifyBaseLogger): Readable {
  const out = new PassThrough();
  const write = async () => {
    for await (const text of texts) out.write(text);
    out.end();
  };
  write().catch((error: unknown) => {
    log.info({ event: "api.answer_aborted", err: error }, "answer aborted while it was sent");
    out.destroy();
  });
  return out;
}
