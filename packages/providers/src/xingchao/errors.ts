import { contentErrors, type ErrorRule, forwardedErrors, type TaskErrorRule } from "../http/errors.ts";

const http = "HTTP: no page lists errors";
const words = "plain words: no page lists errors";

/**
 * The meaning of an error answer, by its status or by `{code,msg}` in a success; the first rule that applies decides.
 */
export const requestErrors: readonly ErrorRule[] = [
  // The account's base URL is wrong: every request fails.
  {
    text: /No handler found/i,
    means: "key",
    label: "DOCUMENTED",
    source: "public client code: an unknown route",
  },
  { status: 402, means: "balance", label: "INFERRED", source: http },
  { text: /余额|欠费|balance|insufficient|arrears/i, means: "balance", label: "INFERRED", source: words },
  { status: 401, means: "key", label: "INFERRED", source: http },
  {
    text: /api.?key|密钥|鉴权|未授权|登录|身份验证|认证失败|unauthorized/i,
    means: "key",
    label: "INFERRED",
    source: words,
  },
  { status: 403, means: "key", label: "INFERRED", source: http },
  { text: /不存在|not (found|exist)/i, means: "missing", label: "INFERRED", source: words },
  { status: 404, means: "missing", label: "INFERRED", source: http },
  ...contentErrors,
];

/** The meaning of a task failure: `error` is free text, no codes are documented. */
export const taskErrors: readonly TaskErrorRule[] = forwardedErrors;
