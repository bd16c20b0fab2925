import { type ErrorRule, forwardedErrors, type TaskErrorRule } from "../http/errors.ts";

const page = "Volcengine Ark, error codes 82379/1299023";
const clients = "public client code";

const moderation = /Sensitive|RiskDetection|ContentSecurityDetection/;

/** The meaning of an error answer; the first rule that applies decides. */
export const requestErrors: readonly ErrorRule[] = [
  { code: /Overdue|InsufficientBalance/, means: "balance", label: "FOUND", source: `${clients}: AccountOverdueError` },
  { status: 402, means: "balance", label: "INFERRED", source: "HTTP" },
  { code: moderation, means: "moderation", label: "FOUND", source: page },
  { code: /^AuthenticationError$/, means: "key", label: "FOUND", source: page },
  { status: 401, means: "key", label: "FOUND", source: page },
  { code: /^AccessDenied/, means: "key", label: "FOUND", source: clients },
  // The operation, for example to delete a task that runs; not the account.
  { code: /^OperationDenied/, means: "rejected", label: "FOUND", source: clients },
  // A model that is not open to this account: another one may be.
  { code: /Model|Endpoint/, means: "rejected", label: "FOUND", source: page },
  { status: 403, means: "key", label: "INFERRED", source: "HTTP" },
  { status: 404, means: "missing", label: "FOUND", source: `${page}: NotFound` },
  { code: /^(Missing|Invalid)Parameter/, means: "rejected", label: "FOUND", source: page },
];

/** The reasons why a task fails. */
export const taskErrors: readonly TaskErrorRule[] = [
  { code: moderation, means: "moderation", label: "FOUND", source: page },
  { code: /^(Missing|Invalid)/, means: "rejected", label: "FOUND", source: page },
  { code: /^(InternalService|ServerOverloaded)/, means: "upstream", label: "FOUND", source: page },
  ...forwardedErrors,
];
