import type { VendorApi } from "../../endpoints.ts";
import { byteDanceId } from "../ids.ts";
import { statusBody } from "./bodies.ts";
import { parseCreate } from "./parse.ts";
import { refuse } from "./refuse.ts";
import { list, remove } from "./tasks.ts";

const second = 1_000;
const day = 86_400 * second;

/** Volcengine Ark and BytePlus ModelArk, the original: list, delete, tokens, expiry, unsigned callbacks. */
export const ark: VendorApi = {
  name: "ark",
  // DOCUMENTED, like everything about Ark: the seed pages are of resellers.
  createPath: "/api/v3/contents/generations/tasks",
  readPath: "/api/v3/contents/generations/tasks/:id",
  taskIdOf: ({ id }) => id,
  // DOCUMENTED: below 64 MB.
  bodyLimitBytes: 64_000_000,
  // UNKNOWN: set per endpoint in the console.
  limits: {},
  // DOCUMENTED: 24 hours.
  urlLifeMs: day,
  signsEveryRead: false,
  // DOCUMENTED: 7 days; 1 day for cancelled tasks.
  recordLife: { acceptedMs: 7 * day, cancelledMs: day },
  newTaskId: (_, number) => byteDanceId("cgt", Date.now(), number),
  parseCreate,
  createBody: ({ task }) => ({ id: task.id }),
  statusBody,
  refuse,
  callback: {
    body: statusBody,
    // DOCUMENTED: "called back three times" if there is no success within 5 s, only for these two. INFERRED: 5 s apart.
    retryDelaysMs: (phase) => (phase === "succeeded" || phase === "failed" ? [5 * second, 5 * second, 5 * second] : []),
    answerTimeoutMs: 5 * second,
    everyChange: true,
  },
  endpoints: [list, remove],
};
