import type { State } from "@reelqueue/contracts";
import type { FieldName, GenerationRecord } from "../redis/codec.ts";

/** Fields of a POST whose outcome is not known. */
export const submitFields = ["callbackTaskId", "unknownReason", "quietFromMs", "absentLookups"] as const;
const pollFields = [
  "polls",
  "progress",
  "ageAtLastPollMs",
  "missingPolls",
  "consecutiveErrors",
  "pollFailure",
] as const;
/** What a finished task leaves behind; a lost output keeps it for `redownload`. */
const taskFields = ["remoteOutputs", "finalizePriority", "finishedAtMs", "usage"] as const;
const downloadFields = ["downloadAttempts", "downloadFailure"] as const;

/**
 * Fields that every entry into a state clears, so that no counter survives from an earlier state. Two fields survive on
 * purpose: `callbackTaskId` over submitting → queued (else a task named by a callback is submitted again) and `crashes`
 * over unknown → queued.
 */
export const clearedOnEntry = {
  queued: ["failure"],
  preparing: ["consecutiveErrors"],
  submitting: [],
  unknown: ["unknownReason", "quietFromMs", "absentLookups", "consecutiveErrors"],
  needs_review: [],
  running: [...submitFields, ...pollFields, "crashes"],
  finalizing: [...pollFields, ...downloadFields, "failure"],
  succeeded: [...pollFields, ...taskFields, ...downloadFields, "backlogSeq"],
  failed: [],
  canceled: [],
  // an expired task is still polled: its counters stay
  expired: [],
} as const satisfies Record<State, readonly FieldName[]>;

/** Changes of a record when a new paid attempt starts; the previous task id is kept. */
export function newAttempt({ attempt, taskId, previousTaskIds = [] }: GenerationRecord): {
  set: Partial<GenerationRecord>;
  clear: readonly FieldName[];
} {
  const tasks = taskId === undefined ? previousTaskIds : [...previousTaskIds, taskId];
  return {
    set: { attempt: attempt + 1, requeues: 0, ...(tasks.length > 0 && { previousTaskIds: tasks }) },
    clear: [...submitFields, ...pollFields, ...taskFields, ...downloadFields, "taskId", "cancelRequested"],
  };
}
