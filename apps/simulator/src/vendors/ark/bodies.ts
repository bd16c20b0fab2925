import { randomBoolean, randomInteger } from "../../random.ts";
import type { Task } from "../../task.ts";
import type { View } from "../../vendor.ts";
import { unixSeconds, urlOf, wordsOf } from "../answers.ts";

export const words = wordsOf({
  queued: "queued",
  running: "running",
  succeeded: "succeeded",
  failed: "failed",
  cancelled: "cancelled",
  expired: "expired",
});

/** The body of a status read, an item of a list, the whole body of a callback. */
export function statusBody(view: View): unknown {
  const { task, phase } = view;
  return {
    id: task.id,
    model: task.order.model,
    status: words[phase],
    created_at: unixSeconds(task.acceptedAt),
    updated_at: unixSeconds(changedAt(view)),
    ...task.order.echo,
    ...(phase === "succeeded" && succeeded(view)),
    ...(phase === "failed" && { error: errorOf(task) }),
  };
}

function succeeded(view: View) {
  const { task } = view;
  const { resolution, ratio, seconds, generateAudio, tokens = 0, webSearch } = task.order;
  const searches = randomBoolean(task.chance, "searches") ? 1 : 0;
  return {
    error: null,
    content: { video_url: urlOf(view, "video"), last_frame_url: urlOf(view, "last_frame") },
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
  if (failure === "silent") return null;
  if (failure !== "moderation") {
    return { code: "InternalServiceError", message: "The service encountered an unexpected internal error." };
  }
  const [code, start] = ["OutputVideoSensitiveContentDetected", "The request failed because the output video may"];
  return randomBoolean(chance, "copyright")
    ? { code: `${code}.PolicyViolation`, message: `${start} be related to copyright restrictions.` }
    : { code, message: `${start} contain sensitive information.` };
}

function changedAt({ task, phase }: View): number {
  if (phase === "queued") return task.acceptedAt;
  return task.endedAt || task.startedAt || task.acceptedAt;
}
