import { setImmediate as nextTurn } from "node:timers/promises";
import { apiErrors, batchLimits, type Problem, type RowAnswer } from "@reelqueue/contracts";
import { type AcceptedRow, accept, type Installation } from "@reelqueue/pipeline";
import { ApiError, toApiError } from "./errors.ts";
import type { Chunks, Row } from "./ndjson.ts";

/**
 * Accepts the valid rows of each chunk. An error in the first chunk is thrown; a later one ends the answers with one
 * refused row for the lines whose outcome is not known.
 */
export async function* acceptChunks(
  chunks: Chunks,
  options: { tenant: string; dryRun: boolean },
  installation: Installation,
): AsyncGenerator<RowAnswer[], void> {
  let isFirst = true;
  let next = 1;
  try {
    for await (const rows of chunks) {
      // checking never awaits: other requests are served in between
      await nextTurn();
      next = rows[0]?.line ?? next;
      yield await acceptChunk(rows, options, installation);
      next = (rows.at(-1)?.line ?? next) + 1;
      isFirst = false;
    }
  } catch (error) {
    if (isFirst) throw error;
    const { code, message } = toApiError(error);
    yield [
      refusedRow(next, new ApiError(code, `${message} This line and the lines after it may not have been accepted.`)),
    ];
  }
}

async function acceptChunk(
  rows: readonly Row[],
  options: { tenant: string; dryRun: boolean },
  installation: Installation,
): Promise<RowAnswer[]> {
  const readable = rows.filter((row) => "input" in row);
  const accepted = await accept(
    readable.map(({ input }) => input),
    options,
    installation,
  );
  const answers = new Map(readable.map(({ line }, i) => [line, accepted[i]]));
  return rows.map((row) => {
    const answer = answers.get(row.line);
    if ("unreadable" in row) return refusedRow(row.line, row.unreadable);
    return answer ? rowAnswer(row.line, answer) : refusedRow(row.line, new ApiError("internal"));
  });
}

/** Accepts all rows or none. Throws an ApiError that names every refused row. */
export async function acceptAll(chunks: Chunks, tenant: string, installation: Installation): Promise<RowAnswer[]> {
  const rows: Row[] = [];
  for await (const chunk of chunks) {
    rows.push(...chunk);
    if (rows.length > batchLimits.atomicRows)
      throw new ApiError("too_large", `An atomic batch may hold ${batchLimits.atomicRows} rows.`);
  }
  const unreadable = rows
    .filter((row) => "unreadable" in row)
    .map(({ line, unreadable }) => ({ line, error: unreadable }));
  if (unreadable.length > 0) throw nothingWritten(unreadable);
  const accepted = await accept(
    rows.map((row) => ("input" in row ? row.input : undefined)),
    { tenant, atomic: true },
    installation,
  );
  const refused = accepted.flatMap((row, i) => {
    const error = refusalOf(row);
    return error ? [{ line: rows[i]?.line ?? i + 1, error }] : [];
  });
  if (refused.length > 0) throw nothingWritten(refused);
  return accepted.map((row, i) => rowAnswer(rows[i]?.line ?? i + 1, row));
}

const maxProblems = 200;

function nothingWritten(refused: { line: number; error: ApiError }[]): ApiError {
  const problems = refused.flatMap(({ line, error }): Problem[] => {
    const row = `line ${line}`;
    if (error.problems === undefined) return [wholeRow(row, error)];
    return error.problems.map((problem) => ({
      ...problem,
      field: problem.field === "" ? row : `${row}: ${problem.field}`,
    }));
  });
  const onlyMismatches = refused.every(({ error }) => error.code === "idempotency_mismatch");
  return new ApiError(
    onlyMismatches ? "idempotency_mismatch" : "invalid_request",
    `Nothing was written: ${refused.length === 1 ? "a row" : `${refused.length} rows`} of this atomic batch cannot be accepted.`,
    { problems: problems.slice(0, maxProblems) },
  );
}

function wholeRow(field: string, { code, message }: ApiError): Problem {
  return { field, given: code, allowed: message, rule: code, label: "SCHEMA", source: "reelqueue", severity: "error" };
}

/** Why a row was refused; `undefined` where it was not. */
export function refusalOf(row: AcceptedRow): ApiError | undefined {
  switch (row.kind) {
    case "refused":
      return new ApiError("invalid_request", undefined, { problems: row.problems });
    case "mismatch":
      return new ApiError(
        "idempotency_mismatch",
        `${apiErrors.idempotency_mismatch.sentence} It belongs to ${row.id}.`,
      );
    case "accepted":
    case "existing":
    case "valid":
      return undefined;
  }
}

function rowAnswer(line: number, row: AcceptedRow): RowAnswer {
  const refusal = refusalOf(row);
  if (refusal) return refusedRow(line, refusal);
  const { kind: status, ...rest } = row as Extract<AcceptedRow, { quote: unknown }>;
  return { line, status, ...rest } as RowAnswer;
}

export function refusedRow(line: number, error: ApiError): Extract<RowAnswer, { status: "refused" }> {
  return { line, status: "refused", error: error.body().error };
}
