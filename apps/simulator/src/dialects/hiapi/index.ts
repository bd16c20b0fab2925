import { createHmac } from "node:crypto";
import type { Dialect } from "../../dialect.ts";
import { ulid } from "../ulid.ts";
import { list } from "./list.ts";
import { refuse } from "./refuse.ts";
import { created, status, taskData } from "./render.ts";
import { understand } from "./understand.ts";

/** HiAPI: one unified task API, idempotency keys, signed callbacks, 60 requests a minute and ten tasks at once. */
export const hiapi: Dialect = {
  name: "hiapi",
  // SEED
  createPath: "/v1/tasks",
  readPath: "/v1/tasks/:taskId",
  taskIdOf: ({ taskId }) => taskId,
  // FOUND: 10 MB
  bodyLimitBytes: 10_000_000,
  // FOUND: 60 requests a minute, 10 concurrent. INFERRED: the tenth task in flight is the last one taken.
  limits: { requestsPerMinute: 60, concurrent: 10 },
  // FOUND: the contract sample's expireAt is completed + 86,400 s; the page says "about 7 days".
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  idempotencyHeader: "idempotency-key",
  // FOUND: `tk-hiapi-` and 26 characters; the sample is a ULID, which begins with the time.
  newTaskId: (luck, number) => `tk-hiapi-${ulid(luck, number)}`,
  understand,
  created,
  status,
  refuse,
  rateHeaders: ({ limit, remaining, freeAtMs }) => ({
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    // INFERRED: unix seconds; the page names the header only.
    "x-ratelimit-reset": String(Math.ceil(freeAtMs / 1_000)),
  }),
  callback: {
    body: taskData,
    // INVENTED: the page says that callbacks are repeated, not when, nor for how long it waits.
    retryDelaysMs: () => [5_000, 30_000, 120_000],
    answerTimeoutMs: 10_000,
    headers({ raw, secrets: [secret], nowMs }) {
      // FOUND: no signature where no signing key is set.
      if (secret === undefined) return {};
      const timestamp = String(Math.floor(nowMs / 1_000));
      const signature = createHmac("sha256", secret).update(`${timestamp}.${raw}`).digest("hex");
      return { "x-hiapi-timestamp": timestamp, "x-hiapi-signature": signature };
    },
  },
  routes: [list],
};
