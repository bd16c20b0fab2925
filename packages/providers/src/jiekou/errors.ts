import { contentErrors, type ErrorRule, forwardedErrors, type TaskErrorRule } from "../http/errors.ts";

const errorPage = "docs.jiekou.ai reference-error-code";
const sister = "error codes of the sister platform Novita";

/** The meaning of an error answer; the first rule that applies decides. A 403 without a known code is a bad key. */
export const requestErrors: readonly ErrorRule[] = [
  { code: /^NOT_ENOUGH_BALANCE$/, means: "balance", label: "DOCUMENTED", source: errorPage },
  { code: /^BILLING_BALANCE_NOT_ENOUGH$/, means: "balance", label: "INFERRED", source: sister },
  { status: 402, means: "balance", label: "DOCUMENTED", source: "the vendor's own plugin" },
  {
    text: /insufficient balance|balance (is )?not enough/i,
    means: "balance",
    label: "DOCUMENTED",
    source: "public client code",
  },
  { code: /^ACCESS_DEN(Y|IED)$/, means: "rejected", label: "DOCUMENTED", source: errorPage },
  { code: /^API_NOT_ALLOWED$/, means: "rejected", label: "INFERRED", source: sister },
  { code: /^(INVALID_API_KEY|FAILED_TO_AUTH)$/, means: "key", label: "DOCUMENTED", source: errorPage },
  { code: /^(MISSING_API_KEY|BILLING_AUTH_FAILED)$/, means: "key", label: "INFERRED", source: sister },
  { status: 401, means: "key", label: "DOCUMENTED", source: errorPage },
  { status: 403, means: "key", label: "INFERRED", source: "a 403 that names neither balance nor access" },
  { status: 503, code: /^SERVICE_NOT_AVAILABLE$/, means: "throttled", label: "DOCUMENTED", source: errorPage },
  { code: /^TASK_NOT_FOUND$/, means: "missing", label: "INFERRED", source: sister },
  { code: /^ILLEGAL_(PROMPT|IMAGE_CONTENT)$/, means: "input_refused", label: "INFERRED", source: sister },
  ...contentErrors,
  { code: /^(INVALID_REQUEST_BODY|MODEL_NOT_FOUND)$/, means: "rejected", label: "DOCUMENTED", source: errorPage },
];

/** The meaning of a task failure: `task.reason` is free text, no codes are documented. */
export const taskErrors: readonly TaskErrorRule[] = forwardedErrors;
