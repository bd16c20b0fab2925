import { json, type Reply } from "../../http.ts";
import { randomInteger } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";

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
export function refuse(refusal: Refusal, chance: number): Reply {
  switch (refusal.kind) {
    case "no-key":
    case "bad-key":
      return failure(401, "AuthenticationError", "The API key in the request is missing or invalid.");
    case "no-balance":
      return failure(403, "AccountOverdueError", "The request failed because your account has an overdue balance.");
    case "invalid":
      return failure(400, refusal.code ?? "InvalidParameter", refusal.problem, refusal.field);
    case "unknown-model":
      return failure(404, "InvalidEndpointOrModel.NotFound", refusal.problem);
    case "moderation": {
      const message = "The request failed because the input text may contain sensitive information.";
      return failure(400, "InputTextSensitiveContentDetected", message);
    }
    case "unknown-task":
      return failure(404, "NotFound", "The specified task is not found.");
    case "unknown-route":
      return failure(404, "NotFound", `The path ${refusal.path.replace(/^\/ark/, "")} is not found.`);
    case "too-large":
      return failure(413, "InvalidParameter", "The request body is too large.");
    case "unsupported-media":
      return failure(415, "InvalidParameter", "The Content-Type must be application/json.");
    case "too-many": {
      const all = tooMany[refusal.what];
      const [code, message] = all[randomInteger(chance, "code") % all.length] ?? all[0];
      return failure(429, code, message);
    }
    case "busy":
      // INVENTED: no code is documented.
      return failure(503, "ServiceUnavailable", "The service is temporarily unavailable.");
    case "broken":
      return failure(500, "InternalServiceError", "The service encountered an unexpected internal error.");
    case "key-in-flight":
    case "key-mismatch":
      throw new Error("Ark has no idempotency keys");
  }
}

const types: Readonly<Record<number, string>> = {
  400: "BadRequest",
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  413: "BadRequest",
  415: "BadRequest",
  429: "TooManyRequests",
  500: "InternalServerError",
  503: "ServiceUnavailable",
};

export function failure(status: number, code: string, message: string, param = ""): Reply {
  return json(status, { error: { code, message, param, type: types[status] } });
}
