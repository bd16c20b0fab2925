export { audit } from "./audit.ts";
export { awaitReady } from "./await-ready.ts";
export { type Cell, openCell } from "./cell.ts";
export { type Connection, type ConnectionRole, connect } from "./connection.ts";
export { LedgerError, type LedgerErrorKind } from "./error.ts";
export { watchPrimary } from "./failover.ts";
export type { Moved } from "./generations/move.ts";
export {
  type FinishedTask,
  type IntentRef,
  type TaskRef,
  Transitions,
  type UnknownRef,
} from "./generations/transitions.ts";
export { timelineOf, toGeneration } from "./generations/view.ts";
export { generationId, type Lane, lanes, operationToken, prefixOf } from "./keys.ts";
export { outputsOf, outputsText } from "./outputs-text.ts";
export type { GenerationRecord, Streak } from "./redis/codec.ts";
export { freeze, thaw } from "./request-text.ts";
export { checkSafety, clockSkewMs, type Safety } from "./safety.ts";
export { type Accepted, accept, type NewGeneration } from "./verbs/accept.ts";
export {
  type AccountStatus,
  accountStatus,
  type Bucket,
  doubt,
  pause,
  reroute,
  resume,
  type Standing,
  standing,
  throttle,
  waitingIds,
} from "./verbs/accounts.ts";
export { type AdmitLimits, type Admitted, admit } from "./verbs/admit.ts";
export { batchCounts, type IdPage } from "./verbs/batch.ts";
export { type Claimed, type ClaimOptions, claim, type Reschedule, renew, reschedule } from "./verbs/claim.ts";
export * from "./verbs/deliveries.ts";
export { learn, learned, type RunTime } from "./verbs/learn.ts";
export { counts, isCursor, type ListFilter, list, page, tenantsOf } from "./verbs/list.ts";
export { type Found, noteUnowned, orphans, ownerOf, read, readMany } from "./verbs/read.ts";
export { beginUpload, dropUpload, holdUpload, noteUpload, type UploadState, uploadStates } from "./verbs/uploads.ts";
export {
  extend,
  forget,
  type Hint,
  note,
  nudge,
  overdue,
  pull,
  type Reissued,
  reissue,
  release,
  ripen,
  wish,
} from "./verbs/wake.ts";
