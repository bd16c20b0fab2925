import { randomBoolean, randomInteger } from "../../random.ts";
import type { Task } from "../../task.ts";
import type { View } from "../../vendor.ts";

const statuses = {
  queued: "queued",
  running: "running",
  archiving: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
  expired: "expired",
  undocumented: "reviewing",
} as const satisfies Record<View["phase"], string>;

export function createBody({ task }: View): unknown {
  return { id: task.id };
}

export function statusOf(phase: View["phase"]): string {
  return statuses[phase];
}

/** The body of a status read, an item of a list, the whole body of a callback. */
export function statusBody(view: View): unknown {
  const { task, phase } = view;
  return {
    id: task.id,
    model: task.order.model,
    status: statusOf(phase),
    created_at: unixSeconds(task.acceptedAt),
    updated_at: unixSeconds(changedAt(view)),
    ...task.order.echo,
    ...(phase === "succeeded" && succeeded(view)),
    ...(phase === "failed" && { error: errorOf(task) }),
  };
}

function succeeded({ task, outputs }: View) {
  const { resolution, ratio, seconds, generateAudio, tokens = 0, webSearch } = task.order;
  const url = (wanted: string) => outputs.find(({ kind }) => kind === wanted)?.url;
  const frame = url("last_frame");
  const searches = randomBoolean(task.chance, "searches") ? 1 : 0;
  return {
    error: null,
    content: { video_url: url("video"), ...(frame !== undefined && { last_frame_url: frame }) },
    seed: seedOf(task),
    resolution,
    ratio,
    duration: seconds,
    framespersecond: 24,
    generate_audio: generateAudio,
    draft: false,
    // DOCUMENTED: only if the tool was used.
    ...(webSearch && searches > 0 && { tools: [{ type: "web_search" }] }),
    usage: {
      completion_tokens: tokens,
      total_tokens: tokens,
      ...(webSearch && { tool_usage: { web_search: searches } }),
    },
  };
}

/** DOCUMENTED: the seed that was used, not the one that was sent. */
function seedOf({ chance, order }: Task): number {
  return order.seed === undefined || order.seed === -1 ? randomInteger(chance, "seed") : order.seed;
}

/** DOCUMENTED: both codes; the longer one was measured for a copyright failure. */
function errorOf({ chance, failure }: Task): { code: string; message: string } | null {
  switch (failure) {
    case "silent":
      return null;
    case "moderation":
      return randomBoolean(chance, "copyright")
        ? {
            code: "OutputVideoSensitiveContentDetected.PolicyViolation",
            message: "The request failed because the output video may be related to copyright restrictions.",
          }
        : {
            code: "OutputVideoSensitiveContentDetected",
            message: "The request failed because the output video may contain sensitive information.",
          };
    default:
      return { code: "InternalServiceError", message: "The service encountered an unexpected internal error." };
  }
}

function changedAt({ task, phase }: View): number {
  if (phase === "queued") return task.acceptedAt;
  return task.endedAt || task.startedAt || task.acceptedAt;
}

function unixSeconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
