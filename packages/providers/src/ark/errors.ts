import { type ErrorRule, forwardedErrors, type TaskErrorRule } from "../http/errors.ts";

const page = "Volcengine Ark, error codes 82379/1299023";
const clients = "public client code";

/** Content rules; the code begins with the side that they refuse. */
const contentRules = [
  { code: /^Output\w*(Sensitive|RiskDetection)/, means: "output_refused", label: "DOCUMENTED", source: page },
  { code: /^Input\w*(Sensitive|RiskDetection)/, means: "input_refused", label: "DOCUMENTED", source: page },
  {
    code: /Sensitive|RiskDetection|ContentSecurityDetection/,
    means: "moderation",
    label: "DOCUMENTED",
    source: page,
  },
] as const;

/** The meaning of an error answer; the first rule that applies decides. */
export const requestErrors: readonly ErrorRule[] = [
  {
    code: /Overdue|InsufficientBalance/,
    means: "balance",
    label: "DOCUMENTED",
    source: `${clients}: AccountOverdueError`,
  },
  { status: 402, means: "balance", label: "INFERRED", source: "HTTP" },
  ...contentRules,
  { code: /^AuthenticationError$/, means: "key", label: "DOCUMENTED", source: page },
  { status: 401, means: "key", label: "DOCUMENTED", source: page },
  { code: /^AccessDenied/, means: "key", label: "DOCUMENTED", source: clients },
  // Refuses the operation, for example DELETE of a running task; not the account.
  { code: /^OperationDenied/, means: "rejected", label: "DOCUMENTED", source: clients },
  // Refuses a model that is not open to this account; another model may be.
  { code: /Model|Endpoint/, means: "rejected", label: "DOCUMENTED", source: page },
  { status: 403, means: "key", label: "INFERRED", source: "HTTP" },
  { status: 404, means: "missing", label: "DOCUMENTED", source: `${page}: NotFound` },
  { code: /^(Missing|Invalid)Parameter/, means: "rejected", label: "DOCUMENTED", source: page },
];

/** The meaning of a task failure; the first rule that applies decides. */
export const taskErrors: readonly TaskErrorRule[] = [
  ...contentRules,
  { code: /^(Missing|Invalid)/, means: "rejected", label: "DOCUMENTED", source: page },
  { code: /^(InternalService|ServerOverloaded)/, means: "upstream", label: "DOCUMENTED", source: page },
  ...forwardedErrors,
];
