import { STATUS_CODES } from "node:http";
import { json, type Reply } from "../../http.ts";
import { randomInteger } from "../../random.ts";
import { noIdempotencyKeys, refusals } from "../answers.ts";

/** DOCUMENTED: the codes of a 429, by the limit that was exceeded. */
const tooMany = {
  requests: [
    ["RateLimitExceeded.EndpointRPMExceeded", "The Requests Per Minute (RPM) limit of the endpoint is exceeded."],
    ["AccountRateLimitExceeded", "The rate limit of the account is exceeded."],
    ["RequestBurstTooFast", "The number of requests has increased too fast."],
    ["ServerOverloaded", "The service is overloaded, try again later."],
  ],
  tasks: [
    ["QuotaExceeded", "The quota of the account is exceeded."],
    ["InflightBatchsizeExceeded", "The number of tasks in flight is exceeded."],
  ],
} as const;

/** DOCUMENTED: envelope, codes and most messages. INFERRED: the status of some codes. */
export const refuse = refusals({
  ...noIdempotencyKeys,
  "no-key": failure(401, "AuthenticationError", "The API key in the request is missing or invalid."),
  "bad-key": failure(401, "AuthenticationError", "The API key in the request is missing or invalid."),
  "no-balance": failure(403, "AccountOverdueError", "The request failed because your account has an overdue balance."),
  invalid: ({ code = "InvalidParameter", problem, field }) => failure(400, code, problem, field),
  "unknown-model": ({ problem }) => failure(404, "InvalidEndpointOrModel.NotFound", problem),
  moderation: failure(
    400,
    "InputTextSensitiveContentDetected",
    "The request failed because the input text may contain sensitive information.",
  ),
  "unknown-task": failure(404, "NotFound", "The specified task is not found."),
  "unknown-route": ({ path }) => failure(404, "NotFound", `The path ${path.replace(/^\/ark/, "")} is not found.`),
  "too-large": failure(413, "InvalidParameter", "The request body is too large."),
  "unsupported-media": failure(415, "InvalidParameter", "The Content-Type must be application/json."),
  "too-many": ({ what }, chance) => {
    const all = tooMany[what];
    const [code, message] = all[randomInteger(chance, "code") % all.length] ?? all[0];
    return failure(429, code, message);
  },
  // INVENTED: no code is documented.
  busy: failure(503, "ServiceUnavailable", "The service is temporarily unavailable."),
  broken: failure(500, "InternalServiceError", "The service encountered an unexpected internal error."),
});

/** `type` is the name of the status in one word; 413 and 415 are bad requests too. */
export function failure(status: number, code: string, message: string, param = ""): Reply {
  const name = STATUS_CODES[status === 413 || status === 415 ? 400 : status];
  return json(status, { error: { code, message, param, type: name?.replaceAll(" ", "") } });
}
