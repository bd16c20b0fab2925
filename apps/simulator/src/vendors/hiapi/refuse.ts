import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";

/** DOCUMENTED: status, message and `error_code` by case; without a known code the field is absent, as the vendor allows. */
export function refuse(refusal: Refusal, chance: number): Reply {
  switch (refusal.kind) {
    case "no-key":
      return error(401, "missing API key");
    case "bad-key":
      return error(401, "invalid API key");
    case "no-balance":
      return error(402, "insufficient balance");
    case "invalid":
      return error(400, refusal.problem, "INVALID_REQUEST");
    case "unknown-model":
      return error(400, refusal.problem, "MODEL_UNAVAILABLE");
    case "moderation":
      return error(400, "the prompt was rejected by content moderation", "INVALID_REQUEST");
    case "unknown-task":
      return error(404, "task not found");
    case "unknown-route":
      return error(404, "not found");
    case "key-in-flight":
      return error(409, "a request with this Idempotency-Key is being processed", "IDEMPOTENCY_KEY_PROCESSING", {
        "retry-after": String(refusal.retryAfterSeconds),
      });
    case "key-mismatch":
      return error(422, "this Idempotency-Key was used with another body", "IDEMPOTENCY_KEY_MISMATCH");
    case "too-large":
      return error(413, "request body too large", "INVALID_REQUEST");
    case "unsupported-media":
      return error(415, "Content-Type must be application/json", "INVALID_REQUEST");
    case "too-many":
      return tooMany(refusal, chance);
    case "broken":
      return error(500, "internal server error");
    case "busy":
      return error(503, "service busy, try again later");
  }
}

/** DOCUMENTED: one envelope on the API page, another on the vendor's blog. INFERRED: `Retry-After`, which its SDK obeys. */
function tooMany(refusal: Extract<Refusal, { kind: "too-many" }>, chance: number): Reply {
  const wait = refusal.retryAfterSeconds;
  const headers: Record<string, string> = wait === undefined ? {} : { "retry-after": String(wait) };
  if (randomBoolean(chance, "envelope")) return error(429, "too many requests", undefined, headers);
  return json(
    429,
    { error: { type: "hiapi_error", code: "rate_limit_exceeded", request_id: "req_simulator" } },
    headers,
  );
}

function error(status: number, message: string, errorCode?: string, headers: Record<string, string> = {}): Reply {
  const code = errorCode === undefined ? {} : { error_code: errorCode };
  return json(status, { code: status, message, data: null, ...code }, headers);
}
