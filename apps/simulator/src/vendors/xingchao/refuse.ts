import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";

/**
 * DOCUMENTED: failures come as `{code,msg,data}` on HTTP 200, `code` as number or string. No table of codes is published:
 * 204, 1001 and -1 are DOCUMENTED, the others INVENTED.
 */
export function refuse(refusal: Refusal, chance: number): Reply {
  const failure = (code: number | string, msg: string, status = 200): Reply =>
    json(status, { code: randomBoolean(chance, "code") ? Number(code) : String(code), msg, data: null });
  switch (refusal.kind) {
    case "no-key":
    case "bad-key":
      return failure(204, "登录验证失败");
    case "no-balance":
      return failure(402, "账户余额不足");
    case "invalid":
    case "unknown-model":
      return failure(refusal.code ?? 400, refusal.problem);
    case "moderation":
      return failure(1002, "内容审核不通过");
    case "unknown-task":
      return failure(-1, "任务不存在");
    case "unknown-route":
      return json(404, { message: `No handler found for ${refusal.method} ${pathOf(refusal.path)}` });
    case "too-large":
      return json(413, { message: "Maximum upload size exceeded" });
    case "unsupported-media":
      return json(415, { message: "Content type not supported" });
    case "too-many":
      return failure(429, "请求过于频繁", 429);
    case "busy":
      return failure(503, "服务繁忙", 503);
    case "broken":
      return failure(500, "系统异常", 500);
    case "key-in-flight":
    case "key-mismatch":
      throw new Error("Xingchao has no idempotency keys");
  }
}

/** The path as the vendor's own server sees it. */
function pathOf(url: string): string {
  return url.replace(/^\/xingchao/, "").replace(/\?.*$/, "");
}
