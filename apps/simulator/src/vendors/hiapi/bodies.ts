import type { Failure } from "../../task.ts";
import type { View } from "../../vendor.ts";

const statuses = {
  queued: "queued",
  running: "handling",
  archiving: "archiving",
  succeeded: "success",
  failed: "fail",
  // HiAPI has no cancel, and no document names these two.
  cancelled: "fail",
  expired: "fail",
  undocumented: "reviewing",
} as const satisfies Record<View["phase"], string>;

/** DOCUMENTED: one of a few codes; the message is the upstream's. */
const errors = {
  upstream: { code: "TASK_FAILED", message: "upstream service error" },
  silent: { code: "TASK_FAILED", message: "" },
  moderation: { code: "TASK_FAILED", message: "upstream rejected the prompt" },
} as const satisfies Record<Failure, object>;

export function createBody({ task }: View): unknown {
  return enveloped({ taskId: task.id });
}

export function statusBody(view: View): unknown {
  return enveloped(taskData(view));
}

/** The task object: `data` of a status read, an item of a list, the whole body of a callback. */
export function taskData(view: View): unknown {
  const { task, phase } = view;
  const ended = phase === "succeeded" || phase === "failed";
  return {
    taskId: task.id,
    model: task.order.model,
    status: statuses[phase],
    created: unixSeconds(task.acceptedAt),
    completed: ended ? unixSeconds(task.endedAt || task.acceptedAt) : 0,
    ...task.order.echo,
    ...(phase === "succeeded" && { output: view.outputs.map(output) }),
    ...(phase === "failed" && { error: errors[task.failure ?? "upstream"] }),
  };
}

export function enveloped(data: unknown): unknown {
  return { code: 200, message: "success", data };
}

function output({ url, kind, expiresAtMs }: View["outputs"][number]) {
  return { url, type: kind, expireAt: unixSeconds(expiresAtMs) };
}

function unixSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
