import { createHmac } from "node:crypto";
import type { Endpoint, VendorApi } from "../../endpoints.ts";
import { json } from "../../http.ts";
import { ulid } from "../ids.ts";
import { createBody, enveloped, statusBody, taskData } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { refuse } from "./refuse.ts";

/** DOCUMENTED: the key's own tasks, newest first. INFERRED: the maximum page size. */
const list: Endpoint = {
  method: "GET",
  path: "/v1/tasks",
  kind: "query",
  handle({ simulation, account, query }) {
    const page = wholeNumber(query.page, 1, Number.MAX_SAFE_INTEGER);
    const size = wholeNumber(query.size, 20, 100);
    const own = simulation.tasksOf(account);
    const shown = own.slice((page - 1) * size, page * size);
    return json(
      200,
      enveloped({ page, size, total: own.length, tasks: shown.map((task) => taskData(simulation.view(task))) }),
    );
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
  createBody,
  statusBody,
  refuse,
  rateHeaders: ({ limit, remaining, freeAtMs }) => ({
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    // INFERRED: unix seconds; the page only names the header.
    "x-ratelimit-reset": String(Math.ceil(freeAtMs / 1_000)),
  }),
  callback: {
    body: taskData,
    // INVENTED: the page says that callbacks are retried, but gives neither delays nor timeout.
    retryDelaysMs: () => [5_000, 30_000, 120_000],
    answerTimeoutMs: 10_000,
    headers({ raw, secrets: [secret], nowMs }) {
      // DOCUMENTED: no signature without a signing key.
      if (secret === undefined) return {};
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signature = createHmac("sha256", secret).update(`${timestamp}.${raw}`).digest("hex");
      return { "x-hiapi-timestamp": timestamp, "x-hiapi-signature": signature };
    },
  },
  endpoints: [list],
};

function wholeNumber(text: unknown, fallback: number, max: number): number {
  const value = Number(text);
  return Number.isInteger(value) && value >= 1 ? Math.min(value, max) : fallback;
}
