import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";

/** DOCUMENTED: status and code by case; `error.code` is a number in some answers and a string in others. */
export function refuse(refusal: Refusal, chance: number): Reply {
  switch (refusal.kind) {
    case "no-key":
    case "bad-key":
      return withNumericCode(401, "authentication_error", "身份验证失败，请检查您的API密钥");
    case "no-balance":
      return withEitherCode(chance, 402, "insufficient_quota", "insufficient quota");
    case "invalid":
    case "unknown-model":
      // INFERRED: also 400 for `webhook_not_configured`, whose status is not documented.
      if (refusal.code !== undefined) return withTextCode(400, refusal.code, refusal.problem);
      return withEitherCode(chance, 400, "invalid_request", refusal.problem);
    case "moderation":
      return withEitherCode(chance, 422, "content_policy_violation", "the prompt violates the content policy");
    case "unknown-task":
      return withNumericCode(404, "not_found_error", "任务不存在");
    case "unknown-route":
      return withNumericCode(404, "not_found_error", `Invalid URL (${refusal.method} ${refusal.path})`);
    case "too-large":
      return withEitherCode(chance, 413, "invalid_request", "request body too large");
    case "unsupported-media":
      return withEitherCode(chance, 415, "invalid_request", "unsupported Content-Type");
    case "too-many":
      return withTextCode(429, "rate_limit_exceeded", "rate limit exceeded", refusal.retryAfterSeconds);
    case "busy":
      return withTextCode(503, "rate_limit_unavailable", "rate limit service unavailable", refusal.retryAfterSeconds);
    case "broken":
      return withEitherCode(chance, 500, "internal_error", "internal server error");
    case "key-in-flight":
    case "key-mismatch":
      throw new Error("ToAPIs has no idempotency keys");
  }
}

/** One of the two forms, where the documents do not show which. */
function withEitherCode(chance: number, status: number, code: string, message: string): Reply {
  return randomBoolean(chance, "envelope")
    ? withNumericCode(status, code, message)
    : withTextCode(status, code, message);
}

function withNumericCode(status: number, type: string, message: string): Reply {
  return json(status, { error: { code: status, message, type } });
}

function withTextCode(status: number, code: string, message: string, waitSeconds?: number): Reply {
  const headers: Record<string, string> = waitSeconds === undefined ? {} : { "retry-after": String(waitSeconds) };
  return json(status, { error: { code, message } }, headers);
}
