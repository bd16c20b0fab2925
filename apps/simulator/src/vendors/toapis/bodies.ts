import { randomBoolean } from "../../random.ts";
import type { Failure } from "../../task.ts";
import type { View } from "../../vendor.ts";

const statuses = {
  queued: "queued",
  running: "in_progress",
  archiving: "in_progress",
  succeeded: "completed",
  failed: "failed",
  // ToAPIs has no cancel, and no document names these two.
  cancelled: "failed",
  expired: "failed",
  undocumented: "reviewing",
} as const satisfies Record<View["phase"], string>;

/** DOCUMENTED: the same code in all samples; only the message differs. */
const errors = {
  upstream: { code: "generation_failed", message: "生成失败: 上游服务错误" },
  silent: { code: "generation_failed", message: "" },
  moderation: { code: "generation_failed", message: "生成失败: 内容违反了内容政策" },
} as const satisfies Record<Failure, object>;

const firstProgress = 10;

/** PROVIDED: the base object, without end time and result. */
export function createBody(view: View) {
  const { task } = view;
  const { clientId, model } = task.order;
  return {
    id: task.id,
    ...(clientId !== undefined && { client_business_id: clientId }),
    object: "generation.task",
    model,
    status: statusOf(view),
    progress: progressOf(view),
    created_at: unixSeconds(task.acceptedAt),
  };
}

export function statusBody(view: View): unknown {
  const { task, phase } = view;
  return {
    ...createBody(view),
    ...(phase === "succeeded" && completed(view)),
    ...(phase === "failed" && { error: errors[task.failure ?? "upstream"] }),
  };
}

/** `result` of a status read and of a webhook. */
export function result({ outputs }: View): unknown {
  const frame = outputs.find(({ kind }) => kind === "last_frame");
  const videos = outputs.filter(({ kind }) => kind === "video");
  return {
    type: "video",
    data: videos.map(({ url }) => ({ url, format: "mp4", ...(frame && { last_frame_url: frame.url }) })),
  };
}

export function failureOf({ task }: View): { code: string; message: string } {
  return errors[task.failure ?? "upstream"];
}

/** DOCUMENTED: a create sometimes answers in_progress with progress 10 already. */
export function statusOf(view: View): string {
  return startsAtOnce(view) ? statuses.running : statuses[view.phase];
}

/** DOCUMENTED: 0 for a failed task. */
export function progressOf(view: View): number {
  switch (view.phase) {
    case "queued":
      return startsAtOnce(view) ? firstProgress : 0;
    case "succeeded":
      return 100;
    case "failed":
      return 0;
    default:
      return Math.max(firstProgress, view.progress);
  }
}

export function unixSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}

function completed(view: View) {
  const { task, outputs } = view;
  const [first] = outputs;
  const searches = task.order.webSearch ? { web_search: randomBoolean(task.chance, "searches") ? 1 : 0 } : undefined;
  return {
    completed_at: unixSeconds(task.endedAt || task.acceptedAt),
    ...(first && { expires_at: unixSeconds(first.expiresAtMs) }),
    result: result(view),
    ...(searches && { usage: { tool_usage: searches } }),
  };
}

/** DOCUMENTED: a task can stay queued while its media are reviewed. */
function startsAtOnce({ phase, task }: View): boolean {
  return phase === "queued" && task.order.reviewMs === undefined && randomBoolean(task.chance, "starts at once");
}
