import type { Dialect } from "../../dialect.ts";
import { letters } from "../../random.ts";
import { refuse } from "./refuse.ts";
import { created, status } from "./render.ts";
import { understand } from "./understand.ts";

/** JieKou.AI: two paths, no idempotency key, no callback, URLs of an hour, a minimum charge for video input. */
export const jiekou: Dialect = {
  name: "jiekou",
  // SEED
  createPath: "/v3/async/seedance-2.0",
  // FOUND
  readPath: "/v3/async/task-result",
  taskIdOf: (_, { task_id }) => (typeof task_id === "string" ? task_id : undefined),
  // INFERRED from the original: 64 MB; the page limits each file only.
  bodyLimitBytes: 64_000_000,
  // FOUND: about 200 requests a minute; no concurrency is documented.
  limits: { requestsPerMinute: 200 },
  // FOUND: 3,600 s. INFERRED: every read signs anew, since only a time to live is given.
  urlLifeMs: 3_600_000,
  signsEveryRead: true,
  newTaskId,
  understand,
  created,
  status,
  refuse,
};

/** INFERRED: the samples show a UUID; this one begins with the time, as version 7 does, so that no later run repeats it. */
function newTaskId(luck: number, number: number): string {
  const time = hex(Date.now(), 12);
  const order = hex(number, 8);
  const chance = letters(luck, "id", "0123456789abcdef", 6);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${chance.slice(0, 3)}-8${chance.slice(3, 6)}-${order}${hex(luck % 65_536, 4)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}
