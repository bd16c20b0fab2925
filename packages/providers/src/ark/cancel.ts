import { type FailedQuery, pollTask, query, type TaskFormat, toNoAnswer } from "../http/query.ts";
import type { Call, CancelResult } from "../provider.ts";
import { taskPath } from "./wire.ts";

/**
 * Cancels a task that is queued. It polls first, because DELETE removes the record of a task that is over, and with it
 * the video; a queued task needs minutes to get there.
 */
export async function cancel(format: TaskFormat, taskId: string, call: Call): Promise<CancelResult> {
  const path = taskPath(taskId);
  const seen = await pollTask(format, taskId, call);
  switch (seen.kind) {
    case "pending":
      if (seen.status !== "queued") return { kind: "kept", message: `It is ${seen.status}` };
      return withdrawn(await query(format, call, { method: "DELETE", path, timeoutMs: 15_000 }, done));
    case "canceled":
      return { kind: "canceled" };
    case "succeeded":
    case "failed":
    case "expired":
      return { kind: "kept", message: `It has ${seen.kind}` };
    default:
      return seen;
  }
}

/** The answer has no body (DOCUMENTED). */
function done(): CancelResult {
  return { kind: "canceled" };
}

function withdrawn(outcome: CancelResult | FailedQuery): CancelResult {
  if (outcome.kind !== "refused") return outcome;
  const { failure } = outcome;
  return failure.class === "rejected" ? { kind: "kept", message: failure.message } : toNoAnswer(outcome);
}
