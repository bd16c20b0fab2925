import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Refusal } from "../../vendor.ts";

/**
 * FOUND: failures come as `{code,msg,data}` on HTTP 200, `code` as number or string. No table of codes is published:
 * 204, 1001 and -1 are FOUND, the others INVENTED.
 */
export function refuse(refusal: Refusal, chance: number): Reply {
  const said = (code: number | string, msg: string, status = 200): Reply =>
    json(status, { code: randomBoolean(chance, "code") ? Number(code) : String(code), msg, data: null });
  switch (refusal.kind) {
    case "no-key":
    case "bad-key":
      return said(204, "登录验证失败");
    case "no-balance":
      return said(402, "账户余额不足");
    case "invalid":
    case "unknown-model":
      return said(refusal.code ?? 400, refusal.problem);
    case "moderation":
      return said(1002, "内容审核不通过");
    case "unknown-task":
      return said(-1, "任务不存在");
    case "unknown-route":
      return json(404, { message: `No handler found for ${refusal.method} ${pathOf(refusal.path)}` });
    case "too-large":
      return json(413, { message: "Maximum upload size exceeded" });
    case "unsupported-media":
      return json(415, { message: "Content type not supported" });
    case "too-many":
      return said(429, "请求过于频繁", 429);
    case "busy":
      return said(503, "服务繁忙", 503);
    case "broken":
      return said(500, "系统异常", 500);
    case "key-in-flight":
    case "key-mismatch":
      throw new Error("Xingchao has no idempotency keys");
  }
}

/** As the vendor's own server would see it. */
function pathOf(url: string): string {
  return url.replace(/^\/xingchao/, "").replace(/\?.*$/, "");
}
