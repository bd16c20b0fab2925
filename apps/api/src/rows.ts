import { isUtf8 } from "node:buffer";
import type { Readable } from "node:stream";
import { batchLimits } from "@reelqueue/contracts";
import { ApiError } from "./api-error.ts";

/** One row of a batch: a request still to be checked, or why it cannot even be read. */
export type Row = { line: number; input: unknown } | { line: number; unreadable: ApiError };
export type Chunks = AsyncIterable<Row[]> | Iterable<Row[]>;

/** So many rows, or so many bytes of them, are worked on at once. */
const chunkRows = 500;
const chunkBytes = 4 * 1_048_576;

export function* chunksOfArray(inputs: readonly unknown[]): Generator<Row[]> {
  for (let start = 0; start < inputs.length; start += chunkRows) {
    yield inputs.slice(start, start + chunkRows).map((input, i) => ({ line: start + i + 1, input }));
  }
}

/** The rows of JSON Lines as they arrive. Blank lines, a byte order mark and carriage returns do no harm. */
export async function* chunksOfLines(stream: Readable): AsyncGenerator<Row[]> {
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
        `A batch may hold ${batchLimits.rows} rows; send what follows line ${line - 1} apart.`,
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
  /** Absent where it was too long to keep. */
  content: Buffer | undefined;
}

const newline = 0x0a;

async function* linesOf(stream: Readable): AsyncGenerator<Line> {
  let line = 1;
  let parts: Buffer[] = [];
  let bytes = 0;
  const keep = (part: Buffer) => {
    bytes += part.length;
    if (bytes <= batchLimits.rowBytes) parts.push(part);
    else parts = [];
  };
  const take = (): Line => {
    const content = bytes <= batchLimits.rowBytes ? Buffer.concat(parts) : undefined;
    parts = [];
    bytes = 0;
    return { line: line++, content };
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      keep(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    keep(chunk.subarray(start));
  }
  yield take();
}

const byteOrderMark = "\u{feff}";

/** `undefined` for a blank line. */
function readRow(line: number, content: Buffer | undefined): Row | undefined {
  if (content === undefined)
    return {
      line,
      unreadable: new ApiError(
        "too_large",
        `This line is longer than ${batchLimits.rowBytes} bytes; put media into POST /v1/media first.`,
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
