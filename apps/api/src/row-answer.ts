import { apiErrors, type RowAnswer } from "@reelqueue/contracts";
import type { AcceptedRow } from "@reelqueue/pipeline";
import { ApiError } from "./api-error.ts";

/** Why a row was not taken; `undefined` where it was. */
export function refusalOf(row: AcceptedRow): ApiError | undefined {
  switch (row.kind) {
    case "refused":
      return new ApiError("invalid_request", undefined, { problems: row.problems });
    case "mismatch":
      return new ApiError("idempotency_mismatch", `${apiErrors.idempotency_mismatch.sentence} It made ${row.id}.`);
    case "accepted":
    case "existing":
    case "valid":
      return undefined;
  }
}

export function rowAnswer(line: number, row: AcceptedRow): RowAnswer {
  const refusal = refusalOf(row);
  if (refusal) return refusedRow(line, refusal);
  const { kind: status, ...rest } = row as Extract<AcceptedRow, { quote: unknown }>;
  return { line, status, ...rest } as RowAnswer;
}

export function refusedRow(line: number, error: ApiError): Extract<RowAnswer, { status: "refused" }> {
  return { line, status: "refused", error: error.body().error };
}
