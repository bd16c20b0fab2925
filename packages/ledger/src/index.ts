export { type RunTime, readRunTimes as learned, recordRunTime as learn } from "./accounts/run-times.ts";
export {
  type AccountStatus,
  accountStatus,
  type Bucket,
  pause,
  type QueuePosition as Standing,
  queuePosition as standing,
  reassign as reroute,
  reserveRiskBudget as doubt,
  resume,
  throttle,
  waitingIds,
} from "./accounts/status.ts";
export {
  beginUpload,
  dropUpload,
  recordUpload as noteUpload,
  renewUpload as holdUpload,
  type UploadState,
  uploadStates,
} from "./accounts/uploads.ts";
export { audit } from "./audit.ts";
export { type Cell, openCell } from "./cell.ts";
export * from "./deliveries/deliveries.ts";
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
  page,
  tenantsOf,
} from "./generations/list.ts";
export type { Moved } from "./generations/move.ts";
export { type Found, orphans, ownerOf, read, readMany, recordUnowned as noteUnowned } from "./generations/read.ts";
export { freeze, thaw } from "./generations/request-text.ts";
export {
  type FinishedTask,
  type IntentRef,
  type TaskRef,
  Transitions,
  type UnknownRef,
} from "./generations/transitions.ts";
export { outputsOf, outputsText, timelineOf, toGeneration } from "./generations/view.ts";
export type { GenerationRecord, Streak } from "./redis/codec.ts";
export { type Connection, type ConnectionRole, connect } from "./redis/connection.ts";
export { LedgerError, type LedgerErrorKind } from "./redis/error.ts";
export { generationId, type Lane, lanes, operationToken, prefixOf } from "./redis/keys.ts";
export { type AdmitLimits, type Admitted, admit } from "./scheduling/admit.ts";
export {
  type Claimed,
  type ClaimOptions,
  claim,
  type Reschedule,
  renewClaim as renew,
  reschedule,
} from "./scheduling/claim.ts";
export {
  type CallbackHint as Hint,
  extendLease as extend,
  listPastDeadline as overdue,
  makeAllDue as pull,
  makeDueNow as nudge,
  promoteDelayed as ripen,
  purge as forget,
  type Redispatched as Reissued,
  redispatch as reissue,
  releaseSlot as release,
  requestCancel as wish,
  updateFields as note,
} from "./scheduling/due.ts";
