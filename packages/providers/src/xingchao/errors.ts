import type { FailureRuling, Ruling } from "../http/errors.ts";
import { moderated, passedThrough } from "../http/errors.ts";

const http = "HTTP: no page lists errors";
const words = "plain words: no page lists errors";

/** What an error answer means, whether it comes with its status or as `{code,msg}` in a success. The first row that fits decides. */
export const rulings: readonly Ruling[] = [
  // The address is wrong, and so is every other request of the account.
  { text: /No handler found/i, means: "key", label: "FOUND", source: "public client code: a route that is not there" },
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
  moderated,
];

/** Why a task failed: `error` is free text, no codes are documented. */
export const taskFailures: readonly FailureRuling[] = passedThrough;
