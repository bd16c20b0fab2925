import { isUtf8 } from "node:buffer";
import { PassThrough, type Readable } from "node:stream";
import { batchLimits } from "@reelqueue/contracts";
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

/** The rows of JSON Lines as they arrive. Blank lines, a byte order mark and carriage returns are skipped. */
async function* chunksOfLines(stream: Readable): AsyncGenerator<Row[]> {
  let rows: Row[] = [];
  let bytes = 0;
  let count = 0;
  for await (const { line, content } of linesOf(stream)) {
    const row = readRow(line, content);
    if (row === undefined) continue;
    count += 1;
    if (count > batchLimits.rows)
      throw new ApiError(
        "too_large",
        `A batch may hold ${batchLimits.rows} rows; send the rows after line ${line - 1} in another request.`,
      );
    rows.push(row);
    bytes += content?.length ?? 0;
    if (rows.length < chunkRows && bytes < chunkBytes) continue;
    yield rows;
    rows = [];
    bytes = 0;
  }
  if (rows.length > 0) yield rows;
}

interface Line {
  line: number;
  /** `undefined`: longer than a row may be. */
  content: Buffer | undefined;
}

const newline = 0x0a;

async function* linesOf(stream: Readable): AsyncGenerator<Line> {
  let line = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const append = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= batchLimits.rowBytes) parts.push(part);
    else parts = [];
  };
  const endLine = (): Line => {
    const content = bytes <= batchLimits.rowBytes ? Buffer.concat(parts) : undefined;
    parts = [];
    bytes = 0;
    return { line: line++, content };
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      append(chunk.subarray(start, end));
      yield endLine();
      start = end + 1;
    }
    append(chunk.subarray(start));
  }
  yield endLine();
}

const byteOrderMark = "\u{feff}";

/** `undefined`: a blank line. */
function readRow(line: number, content: Buffer | undefined): Row | undefined {
  if (content === undefined)
    return {
      line,
      unreadable: new ApiError(
        "too_large",
        `This line is longer than ${batchLimits.rowBytes} bytes; upload media by POST /v1/media first.`,
      ),
    };
  if (!isUtf8(content)) return { line, unreadable: new ApiError("invalid_json", "This line is not UTF-8 text.") };
  const whole = content.toString();
  const text = (whole.startsWith(byteOrderMark) ? whole.slice(1) : whole).trim();
  if (text === "") return undefined;
  try {
    return { line, input: JSON.parse(text) };
  } catch {
    return { line, unreadable: new ApiError("invalid_json", "This line is not valid JSON.") };
  }
}

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
