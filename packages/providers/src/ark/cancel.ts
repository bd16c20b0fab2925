import { askOnce, type Denied, pollOnce, unanswered, type Watching } from "../http/query.ts";
import type { Call, CancelResult } from "../provider.ts";
import { taskPath } from "./wire.ts";

/**
 * Withdraws a task that is queued. It looks first, because of a task that is over the same DELETE removes the record, and with it
 * the video; a queued one needs minutes to get there.
 */
export async function cancel(watching: Watching, taskId: string, call: Call): Promise<CancelResult> {
  const path = taskPath(taskId);
  const seen = await pollOnce(watching, call, path, taskId);
  switch (seen.kind) {
    case "pending":
      if (seen.status !== "queued") return { kind: "kept", message: `It is ${seen.status}` };
      return withdrawn(await askOnce(watching, call, { method: "DELETE", path, timeoutMs: 15_000 }, done));
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

/** The answer has no body (FOUND). */
function done(): CancelResult {
  return { kind: "canceled" };
}

function withdrawn(outcome: CancelResult | Denied): CancelResult {
  if (outcome.kind !== "refused") return outcome;
  const { failure } = outcome;
  return failure.class === "rejected" ? { kind: "kept", message: failure.message } : unanswered(outcome);
}
