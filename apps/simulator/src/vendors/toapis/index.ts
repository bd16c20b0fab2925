import type { VendorApi } from "../../endpoints.ts";
import { ulid } from "../ids.ts";
import { createBody, statusBody } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { privateAssets } from "./private-assets.ts";
import { refuse } from "./refuse.ts";
import { uploads } from "./uploads.ts";
import { webhook } from "./webhook.ts";

/** ToAPIs: three models, lookup and replay by client id, signed webhooks, uploads, private assets, two rate limits. */
export const toapis: VendorApi = {
  name: "toapis",
  // DOCUMENTED; the seed only has "POST".
  createPath: "/v1/videos/generations",
  // PROVIDED: by task id or by client_business_id.
  readPath: "/v1/videos/generations/:id",
  taskIdOf: ({ id }) => id,
  // INFERRED from the original: 64 MB; the page has no size.
  bodyLimitBytes: 64_000_000,
  // DOCUMENTED: 300 and 3,000 a minute, each with a sixth of that in 10 s, per user; here per key.
  limits: { submitsPerMinute: 300, queriesPerMinute: 3_000, burstMs: 10_000 },
  // DOCUMENTED: 24 hours.
  urlLifeMs: 86_400_000,
  signsEveryRead: false,
  // DOCUMENTED prefix; other samples have `video_<uuid>` and `task_<ULID>`.
  newTaskId: (chance, number) => `tsk_vid_${ulid(chance, number)}`,
  parseCreate,
  createBody,
  statusBody,
  refuse,
  // DOCUMENTED. INFERRED: the reset is in unix seconds.
  rateHeaders: ({ limit, remaining, freeAtMs }, use) => ({
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(Math.ceil(freeAtMs / 1_000)),
    "x-ratelimit-category": use === "submit" ? "async_submit" : "async_query",
  }),
  callback: webhook,
  endpoints: [...uploads, ...privateAssets],
};
