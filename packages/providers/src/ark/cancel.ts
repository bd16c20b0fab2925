import { type FailedQuery, pollTask, query, type TaskFormat, toNoAnswer } from "../http/query.ts";
import type { Call, CancelResult } from "../provider.ts";
import { taskPath } from "./wire.ts";

/**
 * Cancels a queued task. Polls first, because DELETE removes a finished task together with its video; a task that is
 * queued in the poll needs minutes to finish.
 */
export async function cancel(format: TaskFormat, taskId: string, call: Call): Promise<CancelResult> {
  const path = taskPath(taskId);
  const found = await pollTask(format, taskId, call);
  switch (found.kind) {
    case "pending":
      if (found.status.toLowerCase() !== "queued") return { kind: "kept", message: `The task is ${found.status}` };
      return cancelResult(await query(format, call, { method: "DELETE", path, timeoutMs: 15_000 }, canceled));
    case "canceled":
      return { kind: "canceled" };
    case "succeeded":
    case "failed":
    case "expired":
      return { kind: "kept", message: `The task is finished: ${found.kind}` };
    default:
      return found;
  }
}

/** DOCUMENTED: the answer has no body. */
function canceled(): CancelResult {
  return { kind: "canceled" };
}

function cancelResult(outcome: CancelResult | FailedQuery): CancelResult {
  if (outcome.kind !== "refused") return outcome;
  const { failure } = outcome;
  return failure.class === "rejected" ? { kind: "kept", message: failure.message } : toNoAnswer(outcome);
}
