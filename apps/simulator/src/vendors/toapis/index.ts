import type { VendorApi } from "../../endpoints.ts";
import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";
import { noIdempotencyKeys, rateHeaders, refusals, withRetryAfter } from "../answers.ts";
import { ulid } from "../ids.ts";
import { createBody, statusBody } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { privateAssets } from "./private-assets.ts";
import { uploads } from "./uploads.ts";
import { webhook } from "./webhook.ts";

/** ToAPIs: three models, lookup and replay by client id, signed webhooks, uploads, private assets, two rate limits. */
export const toapis: VendorApi = {
  name: "toapis",
  // DOCUMENTED; the seed only has "POST".
  createPath: "/v1/videos/generations",
  // PROVIDED: by task id or by client_business_id.
  readPath: "/v1/videos/generations/:id",
  taskIdOf: ({ id }) => id,
  // INFERRED from the original: 64 MB; the page has no size.
  bodyLimitBytes: 64_000_000,
  // DOCUMENTED: 300 and 3,000 a minute, each with a sixth of that in 10 s, per user; here per key.
  limits: { submitsPerMinute: 300, queriesPerMinute: 3_000, burstMs: 10_000 },
  // DOCUMENTED: 24 hours.
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  // DOCUMENTED prefix; other samples have `video_<uuid>` and `task_<ULID>`.
  newTaskId: (chance, number) => `tsk_vid_${ulid(chance, number)}`,
  parseCreate,
  createBody,
  statusBody,
  // DOCUMENTED: status and code by case; `error.code` is a number in some answers and a string in others.
  refuse: refusals({
    ...noIdempotencyKeys,
    "no-key": withNumericCode(401, "authentication_error", "身份验证失败，请检查您的API密钥"),
    "bad-key": withNumericCode(401, "authentication_error", "身份验证失败，请检查您的API密钥"),
    "no-balance": withEitherCode(402, "insufficient_quota", "insufficient quota"),
    invalid,
    "unknown-model": invalid,
    moderation: withEitherCode(422, "content_policy_violation", "the prompt violates the content policy"),
    "unknown-task": withNumericCode(404, "not_found_error", "任务不存在"),
    "unknown-route": ({ method, path }) => withNumericCode(404, "not_found_error", `Invalid URL (${method} ${path})`),
    "too-large": withEitherCode(413, "invalid_request", "request body too large"),
    "unsupported-media": withEitherCode(415, "invalid_request", "unsupported Content-Type"),
    "too-many": ({ retryAfterSeconds: wait }) => withTextCode(429, "rate_limit_exceeded", "rate limit exceeded", wait),
    busy: ({ retryAfterSeconds: wait }) =>
      withTextCode(503, "rate_limit_unavailable", "rate limit service unavailable", wait),
    broken: withEitherCode(500, "internal_error", "internal server error"),
  }),
  // DOCUMENTED. INFERRED: the reset is in unix seconds.
  rateHeaders: (quota, use) => ({
    ...rateHeaders(quota),
    "x-ratelimit-category": use === "submit" ? "async_submit" : "async_query",
  }),
  callback: webhook,
  endpoints: [...uploads, ...privateAssets],
};

/** INFERRED: also 400 for `webhook_not_configured`, whose status is not documented. */
function invalid(refusal: Extract<Refusal, { problem: string }>, chance: number): Reply {
  const { code, problem } = refusal;
  if (code !== undefined) return withTextCode(400, code, problem);
  return withEitherCode(400, "invalid_request", problem)(refusal, chance);
}

/** One of the two forms, where the documents do not show which. */
function withEitherCode(status: number, code: string, message: string) {
  const [numeric, text] = [withNumericCode(status, code, message), withTextCode(status, code, message)];
  return (_: Refusal, chance: number): Reply => (randomBoolean(chance, "envelope") ? numeric : text);
}

function withNumericCode(status: number, type: string, message: string): Reply {
  return json(status, { error: { code: status, message, type } });
}

function withTextCode(status: number, code: string, message: string, waitSeconds?: number): Reply {
  return withRetryAfter(json(status, { error: { code, message } }), waitSeconds);
}
