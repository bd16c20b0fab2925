import type { VendorApi } from "../../endpoints.ts";
import { json, type Reply } from "../../http.ts";
import { randomBoolean, randomInteger } from "../../random.ts";
import type { Failure, Task } from "../../task.ts";
import type { Output, View } from "../../vendor.ts";
import { noIdempotencyKeys, refusals, wordsOf } from "../answers.ts";
import { uuid } from "../ids.ts";
import { parseCreate } from "./parse.ts";

/** JieKou.AI: two paths, no idempotency key, no callback, URLs valid for an hour, a minimum charge for video input. */
export const jiekou: VendorApi = {
  name: "jiekou",
  // PROVIDED
  createPath: "/v3/async/seedance-2.0",
  // DOCUMENTED
  readPath: "/v3/async/task-result",
  taskIdOf: (_, { task_id }) => (typeof task_id === "string" ? task_id : undefined),
  // INFERRED from the original: 64 MB; the page only limits each file.
  bodyLimitBytes: 64_000_000,
  // DOCUMENTED: about 200 requests a minute; no concurrency is documented.
  limits: { requestsPerMinute: 200 },
  // DOCUMENTED: 3,600 s. INFERRED: every read signs a new URL, since the answer only has a time to live.
  urlLifeMs: 3_600_000,
  signsEveryRead: true,
  // INFERRED: the samples show a UUID.
  newTaskId: uuid,
  parseCreate,
  createBody: ({ task }) => ({ task_id: task.id }),
  statusBody,
  // DOCUMENTED: status and reason by case, no rate headers.
  // INFERRED: the complete envelope, and the codes marked below.
  refuse: refusals({
    ...noIdempotencyKeys,
    "no-key": error(401, "FAILED_TO_AUTH", "failed to authenticate: API key is missing"),
    "bad-key": error(403, "INVALID_API_KEY", "the API key is invalid"),
    "no-balance": error(403, "NOT_ENOUGH_BALANCE", "not enough balance"),
    invalid: ({ problem }) => error(400, "INVALID_REQUEST_BODY", "invalid request body", problem),
    "unknown-model": ({ problem }) => error(404, "MODEL_NOT_FOUND", "model not found", problem),
    // INFERRED from the sister platform
    moderation: error(400, "ILLEGAL_PROMPT", "the prompt contains illegal content"),
    // INFERRED from the sister platform
    "unknown-task": error(404, "TASK_NOT_FOUND", "task not found"),
    // INFERRED from the sister platform
    "unknown-route": error(404, "API_NOT_FOUND", "api not found"),
    "too-large": error(413, "INVALID_REQUEST_BODY", "request body too large"),
    "unsupported-media": error(415, "INVALID_REQUEST_BODY", "Content-Type must be application/json"),
    "too-many": error(429, "RATE_LIMIT_EXCEEDED", "rate limit exceeded"),
    // INFERRED from the sister platform
    broken: ({ during }) =>
      error(500, during === "create" ? "CREATE_TASK_FAILED" : "GET_RESULT_FAILED", "internal error"),
    busy: error(503, "SERVICE_NOT_AVAILABLE", "service not available"),
  }),
};

function error(status: number, reason: string, message: string, details?: string): Reply {
  return json(status, { code: status, reason, message, metadata: { details } });
}

const words = wordsOf({
  queued: "TASK_STATUS_QUEUED",
  running: "TASK_STATUS_PROCESSING",
  succeeded: "TASK_STATUS_SUCCEED",
  failed: "TASK_STATUS_FAILED",
  // No document names it: JieKou has no cancel.
  cancelled: "TASK_STATUS_CANCELLED",
  undocumented: "TASK_STATUS_REVIEWING",
});

/** DOCUMENTED: a free text, set only on failure, and sometimes empty. */
const reasons = {
  upstream: "upstream service error",
  silent: "",
  moderation: "content rejected",
} as const satisfies Record<Failure, string>;

function statusBody(view: View): unknown {
  const { task, phase } = view;
  return {
    extra: phase === "succeeded" ? extra(task) : {},
    task: {
      task_id: task.id,
      status: words[phase],
      reason: phase === "failed" ? reasons[task.failure ?? "upstream"] : "",
      task_type: "",
      eta: phase === "queued" || phase === "running" ? etaSeconds(task) : 0,
      progress_percent: progress(view),
    },
    images: files(view, "last_frame").map(([url, ttl]) => ({ image_url: url, image_url_ttl: ttl, image_type: "png" })),
    videos: files(view, "video").map(([url, ttl]) => ({ video_url: url, video_url_ttl: ttl, video_type: "mp4" })),
    audios: [],
  };
}

function extra({ order: { seed = -1 }, chance, acceptedAt, endedAt }: Task) {
  return {
    seed: String(seed < 0 ? randomInteger(chance, "seed") : seed),
    debug_info: {
      request_info: "",
      submit_time_ms: String(acceptedAt),
      execute_time_ms: String(acceptedAt),
      complete_time_ms: String(endedAt),
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

/** URL and time to live. DOCUMENTED: the latter is a number in the field table, a string in the vendor's example. */
function files({ task, outputs }: View, wanted: Output["kind"]) {
  const quoted = randomBoolean(task.chance, "quoted ttl");
  const found = outputs.filter(({ kind }) => kind === wanted);
  return found.map(({ url, lifeSeconds }) => [url, quoted ? String(lifeSeconds) : lifeSeconds] as const);
}
