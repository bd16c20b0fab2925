import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";

/** FOUND: status and word by case; `error.code` is a number in some answers and a string in others. */
export function refuse(refusal: Refusal, chance: number): Reply {
  switch (refusal.kind) {
    case "no-key":
    case "bad-key":
      return numbered(401, "authentication_error", "身份验证失败，请检查您的API密钥");
    case "no-balance":
      return either(chance, 402, "insufficient_quota", "insufficient quota");
    case "invalid":
    case "unknown-model":
      // INFERRED: 400 for a webhook that is not set up as well; its status is not known.
      if (refusal.code !== undefined) return worded(400, refusal.code, refusal.problem);
      return either(chance, 400, "invalid_request", refusal.problem);
    case "moderation":
      return either(chance, 422, "content_policy_violation", "the prompt violates the content policy");
    case "unknown-task":
      return numbered(404, "not_found_error", "任务不存在");
    case "unknown-route":
      return numbered(404, "not_found_error", `Invalid URL (${refusal.method} ${refusal.path})`);
    case "too-large":
      return either(chance, 413, "invalid_request", "request body too large");
    case "unsupported-media":
      return either(chance, 415, "invalid_request", "unsupported Content-Type");
    case "too-many":
      return worded(429, "rate_limit_exceeded", "rate limit exceeded", refusal.retryAfterSeconds);
    case "busy":
      return worded(503, "rate_limit_unavailable", "rate limit service unavailable", refusal.retryAfterSeconds);
    case "broken":
      return either(chance, 500, "internal_error", "internal server error");
    case "key-in-flight":
    case "key-mismatch":
      throw new Error("ToAPIs has no idempotency keys");
  }
}

/** Where the documents do not show which of the two forms it is. */
function either(chance: number, status: number, word: string, message: string): Reply {
  return randomBoolean(chance, "envelope") ? numbered(status, word, message) : worded(status, word, message);
}

function numbered(status: number, type: string, message: string): Reply {
  return json(status, { error: { code: status, message, type } });
}

function worded(status: number, code: string, message: string, waitSeconds?: number): Reply {
  const headers: Record<string, string> = waitSeconds === undefined ? {} : { "retry-after": String(waitSeconds) };
  return json(status, { error: { code, message } }, headers);
}
