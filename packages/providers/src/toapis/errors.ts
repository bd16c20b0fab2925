import { type ErrorRule, forwardedErrors, sideErrors, type TaskErrorRule } from "../http/errors.ts";

const table = "docs.toapis.com video-status, table of errors";
const limits = "docs.toapis.com rate limits";
const webhooks = "docs.toapis.com task-webhooks";

/** The meaning of an error answer; the first rule that applies decides. */
export const requestErrors: readonly ErrorRule[] = [
  {
    code: /^webhook_not_configured$/,
    means: "key",
    label: "DOCUMENTED",
    source: `${webhooks}: must be set up for the token`,
  },
  { code: /^insufficient_quota$/, means: "balance", label: "DOCUMENTED", source: table },
  { status: 402, means: "balance", label: "DOCUMENTED", source: table },
  { code: /^(unauthorized|authentication_error)$/, means: "key", label: "DOCUMENTED", source: table },
  { status: 401, means: "key", label: "DOCUMENTED", source: table },
  { status: 403, means: "key", label: "INFERRED", source: "HTTP: a token without permission" },
  { code: /^(task_not_found|not_found_error)$/, means: "missing", label: "DOCUMENTED", source: table },
  { status: 404, means: "missing", label: "DOCUMENTED", source: table },
  { code: /^content_policy_violation$/, means: "moderation", label: "DOCUMENTED", source: table },
  { status: 422, means: "moderation", label: "DOCUMENTED", source: table },
  { status: 503, code: /^rate_limit_unavailable$/, means: "throttled", label: "DOCUMENTED", source: limits },
  // A client id in use may belong to an earlier POST of the same attempt.
  {
    status: 409,
    means: "unknown",
    label: "INFERRED",
    source: "HTTP: a conflict, perhaps with the task of the same client id",
  },
  { code: /^invalid_request/, means: "rejected", label: "DOCUMENTED", source: table },
];

/**
 * The meaning of a task failure; the first rule that applies decides. For `generation_failed` only the text may tell
 * it.
 */
export const taskErrors: readonly TaskErrorRule[] = [
  ...sideErrors,
  { code: /^content_policy_violation$/, means: "moderation", label: "DOCUMENTED", source: table },
  { code: /^invalid_request/, means: "rejected", label: "DOCUMENTED", source: table },
  { code: /^internal_error$/, means: "upstream", label: "DOCUMENTED", source: table },
  ...forwardedErrors,
];
