import type { State } from "@reelqueue/contracts";
import type { FieldName, GenerationRecord } from "../redis/codec.ts";

/** What one POST of unknown outcome leaves in a record. */
export const submitFields = ["callbackTaskId", "unknownReason", "quietFromMs", "absentLookups"] as const;
const pollFields = ["polls", "progress", "ageAtLastPollMs", "missingPolls", "consecutiveErrors"] as const;

/**
 * What a state starts without, wherever it is entered from: nothing that was counted before may be read as counted now. Two fields survive on purpose:
 * `callbackTaskId` from `submitting` to `queued`, or a task that a callback named would be paid twice, and `crashes` from `unknown` to `queued`.
 */
export const clearedOnEntry = {
  queued: ["failure"],
  preparing: ["consecutiveErrors"],
  submitting: [],
  unknown: ["unknownReason", "quietFromMs", "absentLookups", "consecutiveErrors"],
  needs_review: [],
  running: [...submitFields, ...pollFields, "crashes"],
  finalizing: [...pollFields, "downloadAttempts", "failure"],
  succeeded: [...pollFields, "remoteOutputs", "finalizePriority", "downloadAttempts", "usage", "backlogSeq"],
  failed: [],
  canceled: [],
  // an expired task is still polled: its counts go on
  expired: [],
} as const satisfies Record<State, readonly FieldName[]>;

/** What changes when a new paid attempt begins; the task of the one before stays known. */
export function newAttempt({ attempt, taskId, previousTaskIds = [] }: GenerationRecord): {
  set: Partial<GenerationRecord>;
  clear: readonly FieldName[];
} {
  const tasks = taskId === undefined ? previousTaskIds : [...previousTaskIds, taskId];
  return {
    set: { attempt: attempt + 1, requeues: 0, ...(tasks.length > 0 && { previousTaskIds: tasks }) },
    clear: [
      ...submitFields,
      ...pollFields,
      "taskId",
      "remoteOutputs",
      "finalizePriority",
      "downloadAttempts",
      "usage",
      "cancelRequested",
    ],
  };
}
