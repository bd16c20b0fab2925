import { type Queue, queueKinds } from "./queue-kinds.ts";

/** One request to Bull Board's API that changes something. */
export interface Action {
  method: string;
  /** The route as Bull Board declares it. */
  route: string;
  queue?: string;
  status?: string;
}

const everywhere: readonly Queue[] = ["ledger", "bull"];

/** What may be done, and to which queues. Everything here touches one job, or a bounded number of finished ones. */
const allowed: Readonly<Record<string, readonly Queue[]>> = {
  "PUT /api/queues/:queueName/:jobId/retry": everywhere,
  "PUT /api/queues/:queueName/:jobId/clean": ["bull"],
  "PUT /api/queues/:queueName/:jobId/promote": ["bull"],
  "PUT /api/queues/:queueName/clean/:queueStatus": ["bull"],
  "PUT /api/queues/:queueName/resume": ["bull"],
};

const instead: Readonly<Record<string, string>> = {
  "PUT /api/queues/:queueName/retry/:queueStatus":
    "Retrying all at once could start any number of paid attempts. Retry them one by one, here or with ./reelqueue retry.",
  "PUT /api/queues/:queueName/clean/:queueStatus":
    "Only finished jobs of BullMQ's queues can be cleaned. Generations leave the ledger by themselves after retentionDays.",
  "PUT /api/queues/:queueName/:jobId/clean":
    "Nothing is removed from the ledger by hand. To stop a generation, cancel it: ./reelqueue cancel <id>.",
  "PUT /api/queues/:queueName/:jobId/promote":
    "The ledger decides what comes next: by priority, tenants in turn, then order of arrival.",
  "PUT /api/queues/:queueName/promote":
    "Promoting all at once is not offered. Promote a job of BullMQ's queues by itself.",
  "PUT /api/queues/:queueName/pause":
    "A paused queue only fills up with hand-overs. Pause the account instead: ./reelqueue pause <account>.",
  "PUT /api/queues/pause":
    "A paused queue only fills up with hand-overs. Pause the accounts instead: ./reelqueue pause <account>.",
  "PUT /api/queues/:queueName/empty": "Emptying a queue is not offered: the ledger would hand its work over again.",
  "PUT /api/queues/:queueName/obliterate": "Obliterating a queue is not offered: the ledger would fill it again.",
  "POST /api/queues/:queueName/add":
    "A job without a record in the ledger does nothing. Enqueue through the API or with ./reelqueue enqueue.",
  "PATCH /api/queues/:queueName/:jobId/update-data": "A request is frozen when it is accepted. Enqueue another one.",
};

/** Why an action is not done; `undefined`: it may be. What this board does not know is not done. */
export function refusalOf({ method, route, queue, status }: Action): string | undefined {
  const name = `${method} ${route}`;
  const kind = queue === undefined ? undefined : queueKinds.get(queue);
  const may = kind !== undefined && allowed[name]?.includes(kind) === true;
  const finished = status === undefined || status === "completed" || status === "failed";
  if (may && finished) return undefined;
  if (kind === "tick") return "This queue only wakes the pollers; there is nothing to do by hand.";
  return instead[name] ?? "This board does not do that.";
}
