import { PassThrough, type Readable } from "node:stream";
import { batchLimits } from "@reelqueue/contracts";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { ApiError } from "./api-error.ts";
import { type Chunks, chunksOfArray, chunksOfLines } from "./rows.ts";

export const jsonLinesType = "application/x-ndjson";
const jsonLines = [jsonLinesType, "application/ndjson", "application/jsonl", "application/x-jsonlines"];
export const rowsBodyLimit = 64 * 1_048_576;

/** JSON Lines reach the routes of this scope as a stream. */
export function takeJsonLines(scope: FastifyInstance): void {
  scope.addContentTypeParser(jsonLines, (_request, payload, done) => done(null, payload));
}

/** The rows of a body, a JSON array or JSON Lines. */
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

export function linesText(rows: readonly unknown[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join("");
}

/** The same answers once the first one is there: a fault of the first rows is still an answer of its own kind, later ones are told in their lines. */
export async function begun<T>(answers: AsyncGenerator<T, void>): Promise<AsyncGenerator<T, void>> {
  const first = await answers.next();
  return (async function* () {
    if (first.done) return;
    yield first.value;
    yield* answers;
  })();
}

/** Never waits for the reader: a client that sends everything before it reads anything would wait for us. The number of rows bounds what is kept. */
export function unhurried(texts: AsyncIterable<string>, log: FastifyBaseLogger): Readable {
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
