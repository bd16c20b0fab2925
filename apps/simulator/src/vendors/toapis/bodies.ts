import { randomBoolean } from "../../random.ts";
import type { Failure } from "../../task.ts";
import type { View } from "../../vendor.ts";
import { unixSeconds, urlOf, wordsOf } from "../answers.ts";

const words = wordsOf({ queued: "queued", running: "in_progress", succeeded: "completed", failed: "failed" });

/** DOCUMENTED: the same code in all samples; only the message differs. */
const messages = {
  upstream: "生成失败: 上游服务错误",
  silent: "",
  moderation: "生成失败: 内容违反了内容政策",
} as const satisfies Record<Failure, string>;

const firstProgress = 10;

/** PROVIDED: the base object, without end time and result. */
export function createBody(view: View) {
  const { task } = view;
  const { clientId, model } = task.order;
  return {
    id: task.id,
    client_business_id: clientId,
    object: "generation.task",
    model,
    status: statusOf(view),
    progress: progressOf(view),
    created_at: unixSeconds(task.acceptedAt),
  };
}

export function statusBody(view: View): unknown {
  return {
    ...createBody(view),
    ...(view.phase === "succeeded" && completed(view)),
    ...(view.phase === "failed" && { error: failureOf(view) }),
  };
}

/** `result` of a status read and of a webhook. */
export function result(view: View): unknown {
  const url = urlOf(view, "video");
  const video = { url, format: "mp4", last_frame_url: urlOf(view, "last_frame") };
  return { type: "video", data: url === undefined ? [] : [video] };
}

export function failureOf({ task }: View): { code: string; message: string } {
  return { code: "generation_failed", message: messages[task.failure ?? "upstream"] };
}

/** DOCUMENTED: a create sometimes answers in_progress with progress 10 already. */
export function statusOf(view: View): string {
  return words[startsAtOnce(view) ? "running" : view.phase];
}

/** DOCUMENTED: 0 for a failed task. */
export function progressOf(view: View): number {
  const { phase, progress } = view;
  if (phase === "failed") return 0;
  if (phase === "queued") return startsAtOnce(view) ? firstProgress : 0;
  return phase === "succeeded" ? 100 : Math.max(firstProgress, progress);
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
