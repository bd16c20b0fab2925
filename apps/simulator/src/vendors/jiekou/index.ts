import type { VendorApi } from "../../endpoints.ts";
import { uuid } from "../ids.ts";
import { createBody, statusBody } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { refuse } from "./refuse.ts";

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
  createBody,
  statusBody,
  refuse,
};
