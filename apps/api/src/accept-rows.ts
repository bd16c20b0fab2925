import { setImmediate as nextTurn } from "node:timers/promises";
import { batchLimits, type Problem, type RowAnswer } from "@reelqueue/contracts";
import { accept, type Installation } from "@reelqueue/pipeline";
import { ApiError, toApiError } from "./api-error.ts";
import { refusalOf, refusedRow, rowAnswer } from "./row-answer.ts";
import type { Chunks, Row } from "./rows.ts";

/** Accepts rows chunk by chunk, the good ones of each. A fault after the first chunk ends it with the lines that are not known to be taken. */
export async function* acceptChunks(
  chunks: Chunks,
  options: { tenant: string; dryRun: boolean },
  installation: Installation,
): AsyncGenerator<RowAnswer[], void> {
  let begun = false;
  let next = 1;
  try {
    for await (const rows of chunks) {
      // checking alone never waits for anything, and others want to be served meanwhile
      await nextTurn();
      next = rows[0]?.line ?? next;
      yield await acceptChunk(rows, options, installation);
      next = (rows.at(-1)?.line ?? next) + 1;
      begun = true;
    }
  } catch (error) {
    if (!begun) throw error;
    const { code, message } = toApiError(error);
    yield [refusedRow(next, new ApiError(code, `${message} This line and those after it may not have been taken.`))];
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

/** Accepts all rows or none: an ApiError names every row that cannot be taken. */
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

const mostProblems = 200;

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
    `Nothing was written: ${refused.length === 1 ? "a row" : `${refused.length} rows`} of this atomic batch cannot be taken.`,
    { problems: problems.slice(0, mostProblems) },
  );
}

function wholeRow(field: string, { code, message }: ApiError): Problem {
  return { field, given: code, allowed: message, rule: code, label: "SCHEMA", source: "reelqueue", severity: "error" };
}
