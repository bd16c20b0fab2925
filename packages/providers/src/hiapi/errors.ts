import { contentErrors, type ErrorRule, forwardedErrors, type TaskErrorRule } from "../http/errors.ts";

const sdk = "the vendor's SDK, errors.py";
const skill = "the vendor's skill";
const pages = "docs.hiapi.ai async-api";

/** The meaning of an error answer; the first rule that applies decides. */
export const requestErrors: readonly ErrorRule[] = [
  // A task exists, or is being created, under this key: an earlier POST was received.
  { code: /^IDEMPOTENCY_KEY_(PROCESSING|MISMATCH)$/, means: "unknown", label: "DOCUMENTED", source: sdk },
  { status: 409, means: "unknown", label: "DOCUMENTED", source: `${sdk}: 409 is IDEMPOTENCY_KEY_PROCESSING` },
  ...contentErrors.map((rule) => ({ ...rule, code: /^INVALID_REQUEST$/ })),
  { code: /^INVALID_REQUEST$/, means: "rejected", label: "DOCUMENTED", source: sdk },
  { status: 422, means: "unknown", label: "DOCUMENTED", source: `${sdk}: 422 is IDEMPOTENCY_KEY_MISMATCH` },
  { status: 503, means: "throttled", label: "DOCUMENTED", source: `${sdk}: 503 is busy` },
  {
    code: /^(MODEL_UNAVAILABLE|STORAGE_UNAVAILABLE)$/,
    means: "upstream",
    label: "DOCUMENTED",
    source: `${sdk}: retry later`,
  },
  { status: 402, means: "balance", label: "DOCUMENTED", source: skill },
  {
    status: 403,
    text: /balance|quota|credit|insufficient|top.?up/i,
    means: "balance",
    label: "DOCUMENTED",
    source: skill,
  },
  { status: 401, means: "key", label: "DOCUMENTED", source: sdk },
  { status: 403, means: "key", label: "DOCUMENTED", source: `${skill}: 403 is also a missing permission of the key` },
  { status: 404, means: "missing", label: "DOCUMENTED", source: pages },
  ...contentErrors,
];

/** The meaning of a task failure; the first rule that applies decides. For `TASK_FAILED` only the text may tell it. */
export const taskErrors: readonly TaskErrorRule[] = [
  { code: /^INVALID_REQUEST$/, means: "rejected", label: "DOCUMENTED", source: sdk },
  {
    code: /^(TASK_TIMEOUT|MODEL_UNAVAILABLE|STORAGE_UNAVAILABLE)$/,
    means: "upstream",
    label: "DOCUMENTED",
    source: sdk,
  },
  ...forwardedErrors,
];
