import type { VendorApi } from "../../endpoints.ts";
import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Failure, Task } from "../../task.ts";
import type { Refusal, View } from "../../vendor.ts";
import { noIdempotencyKeys, refusals, unixSeconds, urlOf, wordsOf } from "../answers.ts";
import { uuid } from "../ids.ts";
import { assets } from "./assets.ts";
import { parseCreate } from "./parse.ts";

/** Xingchao: four models, two need a video, mixed casing, failures as `{code,msg,data}` on HTTP 200, an asset library. */
export const xingchao: VendorApi = {
  name: "xingchao",
  // DOCUMENTED; the seed lacks the URL.
  createPath: "/kyyReactApiServer/v1/kyyvideo2/videos",
  readPath: "/kyyReactApiServer/v1/result/:id",
  taskIdOf: ({ id }) => id,
  // INVENTED: media are always URLs.
  bodyLimitBytes: 10_000_000,
  // UNKNOWN: the page only asks for moderate polling.
  limits: {},
  // DOCUMENTED: one day; the answer has no expiry.
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  // DOCUMENTED
  newTaskId: (chance, number) => `video_${uuid(chance, number)}`,
  parseCreate,
  // PROVIDED: always queued, whatever the current status.
  createBody: ({ task }) => ({ ...base(task), status: words.queued, error: null }),
  statusBody,
  // DOCUMENTED: failures come as `{code,msg,data}` on HTTP 200, `code` as number or string.
  // No table of codes is published: 204, 1001 and -1 are DOCUMENTED, the others INVENTED.
  refuse: refusals({
    ...noIdempotencyKeys,
    "no-key": withCode(204, "登录验证失败"),
    "bad-key": withCode(204, "登录验证失败"),
    "no-balance": withCode(402, "账户余额不足"),
    invalid,
    "unknown-model": invalid,
    moderation: withCode(1002, "内容审核不通过"),
    "unknown-task": withCode(-1, "任务不存在"),
    "unknown-route": ({ method, path }) => json(404, { message: `No handler found for ${method} ${pathOf(path)}` }),
    "too-large": json(413, { message: "Maximum upload size exceeded" }),
    "unsupported-media": json(415, { message: "Content type not supported" }),
    "too-many": withCode(429, "请求过于频繁", 429),
    busy: withCode(503, "服务繁忙", 503),
    broken: withCode(500, "系统异常", 500),
  }),
  endpoints: assets,
};

function invalid(refusal: Extract<Refusal, { problem: string }>, chance: number): Reply {
  return withCode(refusal.code ?? 400, refusal.problem)(refusal, chance);
}

function withCode(code: number | string, msg: string, status = 200) {
  return (_: Refusal, chance: number): Reply =>
    json(status, { code: randomBoolean(chance, "code") ? Number(code) : String(code), msg, data: null });
}

/** The path as the vendor's own server sees it. */
function pathOf(url: string): string {
  return url.replace(/^\/xingchao/, "").replace(/\?.*$/, "");
}

const words = wordsOf({
  queued: "queued",
  running: "processing",
  succeeded: "completed",
  failed: "failed",
  // Xingchao has no cancel; this is documented for another model on the same path.
  cancelled: "cancelled",
});

const reasons = {
  upstream: "上游服务错误",
  silent: null,
  moderation: "内容审核不通过，请修改后重试",
} as const satisfies Record<Failure, string | null>;

function statusBody(view: View): unknown {
  const { task, phase } = view;
  return {
    ...base(task),
    status: words[phase],
    video_url: urlOf(view, "video") ?? null,
    ...(phase === "succeeded" && { actualDuration: task.order.seconds, totalTokens: tokens(task) }),
    error: phase === "failed" ? error(task) : null,
  };
}

function base({ id, acceptedAt, order }: Task) {
  return { id, object: "video", created: unixSeconds(acceptedAt), model: order.model };
}

/** DOCUMENTED: an integer in the field table, a string in clients' recordings. */
function tokens({ chance, order }: Task): number | string {
  const count = order.tokens ?? 0;
  return randomBoolean(chance, "tokens as text") ? String(count) : count;
}

/** DOCUMENTED: a string in the field table, an object with a message in clients' code. */
function error({ chance, failure }: Task): string | { message: string } | null {
  const reason = reasons[failure ?? "upstream"];
  return reason !== null && randomBoolean(chance, "error as object") ? { message: reason } : reason;
}
