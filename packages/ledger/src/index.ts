export { type CallbackStatus, callbackStatus, countMissedCallback } from "./accounts/callbacks.ts";
export {
  type Bucket,
  type BucketLimits,
  pause,
  pauseAutomatically,
  readGate,
  reserveRiskBudget,
  resume,
  takeToken,
  throttle,
} from "./accounts/limits.ts";
export { noteOddStatus } from "./accounts/odd-statuses.ts";
export { type RunTime, readRunTimes, recordRunTime } from "./accounts/run-times.ts";
export { type AccountStatus, accountStatus, type QueuePosition, queuePosition, waitingIds } from "./accounts/status.ts";
export {
  beginUpload,
  dropUpload,
  recordUpload,
  renewUpload,
  type UploadState,
  uploadStates,
} from "./accounts/uploads.ts";
export { audit } from "./audit.ts";
export { type Cell, openCell } from "./cell.ts";
export * from "./deliveries/deliveries.ts";
export { toSucceeded } from "./deliveries/event.ts";
export { watchPrimary } from "./durability/failover.ts";
export { awaitReady } from "./durability/primary.ts";
export { checkSafety, clockSkewMs, type Safety } from "./durability/safety.ts";
export { type Accepted, accept, type NewGeneration } from "./generations/accept.ts";
export {
  batchCounts,
  counts,
  type IdPage,
  isCursor,
  type ListFilter,
  list,
  maxScanned,
  page,
  tenantsOf,
} from "./generations/list.ts";
export type { Moved } from "./generations/move-text.ts";
export {
  acknowledgedOrphans,
  acknowledgeOrphan,
  countOrphans,
  type Orphan,
  orphans,
  recordUnowned,
} from "./generations/orphans.ts";
export { type Found, ownerOf, read, readMany } from "./generations/read.ts";
export type { FinishedTask, IntentRef, Submit, SubmitRef, Success, TaskRef, UnknownRef } from "./generations/refs.ts";
export { parseRequest, serializeRequest } from "./generations/request-text.ts";
export { Transitions } from "./generations/transitions.ts";
export { outputsOf, outputsText, timelineOf, toGeneration } from "./generations/view.ts";
export type { GenerationRecord, OddStatus, Streak } from "./redis/codec.ts";
export { type Connection, type ConnectionRole, connect } from "./redis/connection.ts";
export { isTransient, LedgerError, type LedgerErrorKind, retryUntilStored, toLedgerError } from "./redis/error.ts";
export { generationId, type Lane, lanes, operationToken, prefixOf } from "./redis/keys.ts";
export { type AdmitLimits, type Admitted, admit } from "./scheduling/admit.ts";
export {
  type Claimed,
  type ClaimOptions,
  claim,
  type Reschedule,
  renewClaim,
  reschedule,
} from "./scheduling/claim.ts";
export {
  type CallbackHint,
  extendLease,
  type HintTiming,
  listPastDeadline,
  makeAllDue,
  makeDueNow,
  promoteDelayed,
  purge,
  type Redispatched,
  reassign,
  redispatch,
  releaseSlot,
  requestCancel,
  updateFields,
} from "./scheduling/due.ts";
export {
  countNamedTasks,
  dueNamedTasks,
  forgetNamedTask,
  keepNamedTask,
  type NamedTask,
} from "./scheduling/named-tasks.ts";
