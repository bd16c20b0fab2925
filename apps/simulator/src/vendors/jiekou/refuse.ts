import { json, type Reply } from "../../http.ts";
import type { Refusal } from "../../vendor.ts";

/** DOCUMENTED: status and reason by case, no rate headers. INFERRED: the complete envelope, and the codes marked below. */
export function refuse(refusal: Refusal): Reply {
  switch (refusal.kind) {
    case "no-key":
      return error(401, "FAILED_TO_AUTH", "failed to authenticate: API key is missing");
    case "bad-key":
      return error(403, "INVALID_API_KEY", "the API key is invalid");
    case "no-balance":
      return error(403, "NOT_ENOUGH_BALANCE", "not enough balance");
    case "invalid":
      return error(400, "INVALID_REQUEST_BODY", "invalid request body", refusal.problem);
    case "unknown-model":
      return error(404, "MODEL_NOT_FOUND", "model not found", refusal.problem);
    case "moderation":
      // INFERRED from the sister platform
      return error(400, "ILLEGAL_PROMPT", "the prompt contains illegal content");
    case "unknown-task":
      // INFERRED from the sister platform
      return error(404, "TASK_NOT_FOUND", "task not found");
    case "unknown-route":
      // INFERRED from the sister platform
      return error(404, "API_NOT_FOUND", "api not found");
    case "too-large":
      return error(413, "INVALID_REQUEST_BODY", "request body too large");
    case "unsupported-media":
      return error(415, "INVALID_REQUEST_BODY", "Content-Type must be application/json");
    case "too-many":
      return error(429, "RATE_LIMIT_EXCEEDED", "rate limit exceeded");
    case "broken":
      // INFERRED from the sister platform
      return error(500, refusal.during === "create" ? "CREATE_TASK_FAILED" : "GET_RESULT_FAILED", "internal error");
    case "busy":
      return error(503, "SERVICE_NOT_AVAILABLE", "service not available");
    case "key-in-flight":
    case "key-mismatch":
      throw new Error("JieKou has no idempotency keys");
  }
}

function error(status: number, reason: string, message: string, details?: string): Reply {
  return json(status, { code: status, reason, message, metadata: details === undefined ? {} : { details } });
}
