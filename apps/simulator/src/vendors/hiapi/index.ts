import type { Endpoint, VendorApi } from "../../endpoints.ts";
import { json, type Reply } from "../../http.ts";
import { randomBoolean } from "../../random.ts";
import type { Failure } from "../../task.ts";
import type { View } from "../../vendor.ts";
import { hmac, rateHeaders, refusals, unixSeconds, withRetryAfter, wordsOf } from "../answers.ts";
import { ulid } from "../ids.ts";
import { parseCreate } from "./parse.ts";

/** DOCUMENTED: the key's own tasks, newest first. INFERRED: the maximum page size. */
const list: Endpoint = {
  method: "GET",
  path: "/v1/tasks",
  kind: "query",
  handle({ simulation, account, query }) {
    const page = wholeNumber(query.page, 1, Number.MAX_SAFE_INTEGER);
    const size = wholeNumber(query.size, 20, 100);
    const own = simulation.tasksOf(account);
    const tasks = own.slice((page - 1) * size, page * size).map((task) => taskData(simulation.view(task)));
    return json(200, enveloped({ page, size, total: own.length, tasks }));
  },
};

/** HiAPI: one unified task API, idempotency keys, signed callbacks, 60 requests a minute and ten tasks at once. */
export const hiapi: VendorApi = {
  name: "hiapi",
  // PROVIDED
  createPath: "/v1/tasks",
  readPath: "/v1/tasks/:taskId",
  taskIdOf: ({ taskId }) => taskId,
  // DOCUMENTED: 10 MB
  bodyLimitBytes: 10_000_000,
  // DOCUMENTED: 60 requests a minute, 10 concurrent. INFERRED: the tenth task in flight is the last one accepted.
  limits: { requestsPerMinute: 60, concurrent: 10 },
  // DOCUMENTED: the contract sample's expireAt is completed + 86,400 s; the page says "about 7 days".
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  idempotencyHeader: "idempotency-key",
  // DOCUMENTED: `tk-hiapi-` and 26 characters; the sample is a ULID, which starts with the time.
  newTaskId: (chance, number) => `tk-hiapi-${ulid(chance, number)}`,
  parseCreate,
  createBody: ({ task }) => enveloped({ taskId: task.id }),
  statusBody: (view) => enveloped(taskData(view)),
  // DOCUMENTED: status, message and `error_code` by case.
  // Without a known code the field is absent, as the vendor allows.
  refuse: refusals({
    "no-key": error(401, "missing API key"),
    "bad-key": error(401, "invalid API key"),
    "no-balance": error(402, "insufficient balance"),
    invalid: ({ problem }) => error(400, problem, "INVALID_REQUEST"),
    "unknown-model": ({ problem }) => error(400, problem, "MODEL_UNAVAILABLE"),
    moderation: error(400, "the prompt was rejected by content moderation", "INVALID_REQUEST"),
    "unknown-task": error(404, "task not found"),
    "unknown-route": error(404, "not found"),
    "key-in-flight": keyInFlight,
    "key-mismatch": error(422, "this Idempotency-Key was used with another body", "IDEMPOTENCY_KEY_MISMATCH"),
    "too-large": error(413, "request body too large", "INVALID_REQUEST"),
    "unsupported-media": error(415, "Content-Type must be application/json", "INVALID_REQUEST"),
    "too-many": tooMany,
    broken: error(500, "internal server error"),
    busy: error(503, "service busy, try again later"),
  }),
  // INFERRED: the reset is in unix seconds; the page only names the header.
  rateHeaders,
  callback: {
    body: taskData,
    // INVENTED: the page says that callbacks are retried, but gives neither delays nor timeout.
    retryDelaysMs: () => [5_000, 30_000, 120_000],
    answerTimeoutMs: 10_000,
    headers({ raw, secrets: [secret], nowMs }) {
      // DOCUMENTED: no signature without a signing key.
      if (secret === undefined) return {};
      const timestamp = String(unixSeconds(nowMs));
      return { "x-hiapi-timestamp": timestamp, "x-hiapi-signature": hmac(secret, `${timestamp}.${raw}`) };
    },
  },
  endpoints: [list],
};

function wholeNumber(text: unknown, fallback: number, max: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, max) : fallback;
}

const words = wordsOf({
  queued: "queued",
  running: "handling",
  archiving: "archiving",
  succeeded: "success",
  failed: "fail",
});

/** DOCUMENTED: one of a few codes; the message is the upstream's. */
const messages = {
  upstream: "upstream service error",
  silent: "",
  moderation: "upstream rejected the prompt",
} as const satisfies Record<Failure, string>;

/** The task object: `data` of a status read, an item of a list, the whole body of a callback. */
function taskData({ task, phase, outputs }: View): unknown {
  const ended = phase === "succeeded" || phase === "failed";
  return {
    taskId: task.id,
    model: task.order.model,
    status: words[phase],
    created: unixSeconds(task.acceptedAt),
    completed: ended ? unixSeconds(task.endedAt || task.acceptedAt) : 0,
    ...task.order.echo,
    ...(phase === "succeeded" && { output: outputs.map(output) }),
    ...(phase === "failed" && { error: { code: "TASK_FAILED", message: messages[task.failure ?? "upstream"] } }),
  };
}

function output({ url, kind, expiresAtMs }: View["outputs"][number]) {
  return { url, type: kind, expireAt: unixSeconds(expiresAtMs) };
}

function enveloped(data: unknown): unknown {
  return { code: 200, message: "success", data };
}

function keyInFlight({ retryAfterSeconds }: { retryAfterSeconds: number }): Reply {
  const message = "a request with this Idempotency-Key is being processed";
  return withRetryAfter(error(409, message, "IDEMPOTENCY_KEY_PROCESSING"), retryAfterSeconds);
}

/** DOCUMENTED: one envelope on the API page, another on the vendor's blog. INFERRED: `Retry-After`, which its SDK obeys. */
function tooMany({ retryAfterSeconds }: { retryAfterSeconds?: number }, chance: number): Reply {
  const blog = { error: { type: "hiapi_error", code: "rate_limit_exceeded", request_id: "req_simulator" } };
  const reply = randomBoolean(chance, "envelope") ? error(429, "too many requests") : json(429, blog);
  return withRetryAfter(reply, retryAfterSeconds);
}

function error(status: number, message: string, errorCode?: string): Reply {
  return json(status, { code: status, message, data: null, error_code: errorCode });
}
