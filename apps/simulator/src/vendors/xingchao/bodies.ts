import { randomBoolean } from "../../random.ts";
import type { Failure, Task } from "../../task.ts";
import type { View } from "../../vendor.ts";

const statuses = {
  queued: "queued",
  running: "processing",
  archiving: "processing",
  succeeded: "completed",
  failed: "failed",
  // Xingchao has no cancel; `cancelled` is documented for another model on the same path.
  cancelled: "cancelled",
  expired: "failed",
  undocumented: "reviewing",
} as const satisfies Record<View["phase"], string>;

const reasons = {
  upstream: "上游服务错误",
  silent: null,
  moderation: "内容审核不通过，请修改后重试",
} as const satisfies Record<Failure, string | null>;

/** PROVIDED: always queued, whatever the current status. */
export function createBody({ task }: View): unknown {
  return { ...base(task), status: statuses.queued, error: null };
}

export function statusBody({ task, phase, outputs }: View): unknown {
  const video = outputs.find(({ kind }) => kind === "video");
  return {
    ...base(task),
    status: statuses[phase],
    video_url: video?.url ?? null,
    ...(phase === "succeeded" && { actualDuration: task.order.seconds, totalTokens: tokens(task) }),
    error: phase === "failed" ? error(task) : null,
  };
}

function base({ id, acceptedAt, order }: Task) {
  return { id, object: "video", created: Math.floor(acceptedAt / 1_000), model: order.model };
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
