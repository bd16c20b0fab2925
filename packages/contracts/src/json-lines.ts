import { batchLimits } from "./api.ts";
import { decodeUtf8 } from "./strict-json.ts";

/** One row of JSON Lines. Lines count from 1. */
export type JsonLine = { line: number; bytes: number } & (
  | { value: unknown }
  /** `at`: the character that the parser refuses, from 1. */
  | { problem: "too_long" | "not_utf8" | "not_json"; at?: number }
);

/**
 * The rows of JSON Lines as they arrive. Only LF ends a line: JSON may contain every other separator. Blank lines, a
 * byte order mark and carriage returns are skipped.
 */
export async function* readJsonLines(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number = batchLimits.rowBytes,
): AsyncGenerator<JsonLine> {
  for await (const { line, content } of linesOf(source, maxBytes)) {
    const row = content === undefined ? { problem: "too_long" as const } : readRow(content);
    if (row !== undefined) yield { line, bytes: content?.length ?? 0, ...row };
  }
}

interface Line {
  line: number;
  /** `undefined`: longer than a row may be. */
  content: Uint8Array | undefined;
}

const newline = 0x0a;

async function* linesOf(source: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Line> {
  let line = 1;
  let parts: Uint8Array[] = [];
  let bytes = 0;
  const append = (part: Uint8Array) => {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
    else parts = [];
  };
  const endLine = (): Line => {
    const content = bytes <= maxBytes ? joined(parts, bytes) : undefined;
    parts = [];
    bytes = 0;
    return { line: line++, content };
  };
  for await (const chunk of source) {
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

function joined(parts: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only, ...more] = parts;
  if (only !== undefined && more.length === 0) return only;
  const all = new Uint8Array(bytes);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** `undefined`: a blank line. */
function readRow(content: Uint8Array) {
  const text = decodeUtf8(content)?.trim();
  if (text === undefined) return { problem: "not_utf8" as const };
  if (text === "") return undefined;
  try {
    return { value: JSON.parse(text) as unknown };
  } catch (error) {
    const place = error instanceof Error ? /position (\d+)/.exec(error.message)?.[1] : undefined;
    return { problem: "not_json" as const, ...(place !== undefined && { at: Number(place) + 1 }) };
  }
}
