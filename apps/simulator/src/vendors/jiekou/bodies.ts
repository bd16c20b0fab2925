import { randomBoolean, randomInteger } from "../../random.ts";
import type { Failure, Task } from "../../task.ts";
import type { Output, View } from "../../vendor.ts";

const statuses = {
  queued: "TASK_STATUS_QUEUED",
  running: "TASK_STATUS_PROCESSING",
  archiving: "TASK_STATUS_PROCESSING",
  succeeded: "TASK_STATUS_SUCCEED",
  failed: "TASK_STATUS_FAILED",
  // JieKou has no cancel, and no document names these two.
  cancelled: "TASK_STATUS_CANCELLED",
  expired: "TASK_STATUS_FAILED",
  undocumented: "TASK_STATUS_REVIEWING",
} as const satisfies Record<View["phase"], string>;

/** DOCUMENTED: a free text, set only on failure, and sometimes empty. */
const reasons = {
  upstream: "upstream service error",
  silent: "",
  moderation: "content rejected",
} as const satisfies Record<Failure, string>;

export function createBody({ task }: View): unknown {
  return { task_id: task.id };
}

export function statusBody(view: View): unknown {
  const { task, phase, outputs } = view;
  return {
    extra: phase === "succeeded" ? extra(task) : {},
    task: {
      task_id: task.id,
      status: statuses[phase],
      reason: phase === "failed" ? reasons[task.failure ?? "upstream"] : "",
      task_type: "",
      eta: phase === "queued" || phase === "running" ? etaSeconds(task) : 0,
      progress_percent: progress(view),
    },
    images: outputs.filter(({ kind }) => kind === "last_frame").map((output) => image(task, output)),
    videos: outputs.filter(({ kind }) => kind === "video").map((output) => video(task, output)),
    audios: [],
  };
}

function extra(task: Task) {
  const { seed } = task.order;
  return {
    seed: String(seed === undefined || seed < 0 ? randomInteger(task.chance, "seed") : seed),
    debug_info: {
      request_info: "",
      submit_time_ms: String(task.acceptedAt),
      execute_time_ms: String(task.acceptedAt),
      complete_time_ms: String(task.endedAt),
    },
  };
}

function etaSeconds(task: Task): number {
  const leftMs = task.endsAt - Date.now();
  return Number.isFinite(leftMs) ? Math.max(0, Math.ceil(leftMs / 1_000)) : 0;
}

/** DOCUMENTED: sometimes still 0 at SUCCEED. */
function progress({ task, phase, progress }: View): number {
  if (phase === "failed" || phase === "queued") return 0;
  return phase === "succeeded" && randomBoolean(task.chance, "progress stays 0") ? 0 : progress;
}

function image(task: Task, { url, lifeSeconds }: Output) {
  return { image_url: url, image_url_ttl: timeToLive(task, lifeSeconds), image_type: "png" };
}

function video(task: Task, { url, lifeSeconds }: Output) {
  return { video_url: url, video_url_ttl: timeToLive(task, lifeSeconds), video_type: "mp4" };
}

/** DOCUMENTED: a number in the field table, a string in the vendor's example. */
function timeToLive(task: Task, seconds: number): number | string {
  return randomBoolean(task.chance, "quoted ttl") ? String(seconds) : seconds;
}
