import { queues } from "@reelqueue/contracts";

/** `ledger`: a view of the ledger. `bull`: jobs in BullMQ. `tick`: in BullMQ too, without any action. */
type QueueKind = "ledger" | "bull" | "tick";

const kindOf: ReadonlyMap<string, QueueKind> = new Map([
  ["generations", "ledger"],
  ["deliveries", "ledger"],
  [queues.submit.name, "bull"],
  [queues.finalize.name, "bull"],
  [queues.poll.name, "tick"],
]);

/** The largest page of jobs that one request gets. */
export const maxJobsPerPage = 300;

/** One request to Bull Board's API that changes something. */
export interface Action {
  method: string;
  /** The route as Bull Board declares it. */
  route: string;
  queue?: string;
  status?: string;
}

const everywhere: readonly QueueKind[] = ["ledger", "bull"];

/** The allowed actions, each with its queues. Each touches one job, or a bounded number of finished ones. */
const allowed: Readonly<Record<string, readonly QueueKind[]>> = {
  "PUT /api/queues/:queueName/:jobId/retry": everywhere,
  "PUT /api/queues/:queueName/:jobId/clean": ["bull"],
  "PUT /api/queues/:queueName/:jobId/promote": ["bull"],
  "PUT /api/queues/:queueName/clean/:queueStatus": ["bull"],
  "PUT /api/queues/:queueName/resume": ["bull"],
};

/** What to do instead of an action that is refused. */
const instead: Readonly<Record<string, string>> = {
  "PUT /api/queues/:queueName/retry/:queueStatus":
    "Retrying all at once could start any number of paid attempts. Retry them one by one, here or with ./reelqueue retry.",
  "PUT /api/queues/:queueName/clean/:queueStatus":
    "Only finished jobs of BullMQ's queues can be cleaned. The ledger purges finished generations after retentionDays.",
  "PUT /api/queues/:queueName/:jobId/clean":
    "The ledger purges finished generations itself. To stop a generation, cancel it: ./reelqueue cancel <id>.",
  "PUT /api/queues/:queueName/:jobId/promote":
    "The ledger decides the order: by priority, then tenants in turn, then order of arrival.",
  "PUT /api/queues/:queueName/promote": "Promoting all at once is not offered. Promote single jobs of BullMQ's queues.",
  "PUT /api/queues/:queueName/pause":
    "A paused queue only fills up with jobs. Pause the account instead: ./reelqueue pause <account>.",
  "PUT /api/queues/pause":
    "A paused queue only fills up with jobs. Pause the accounts instead: ./reelqueue pause <account>.",
  "PUT /api/queues/:queueName/empty": "Emptying a queue is not offered: the ledger would dispatch its jobs again.",
  "PUT /api/queues/:queueName/obliterate": "Obliterating a queue is not offered: the ledger would fill it again.",
  "POST /api/queues/:queueName/add":
    "A job without a record in the ledger does nothing. Enqueue through the API or with ./reelqueue enqueue.",
  "PATCH /api/queues/:queueName/:jobId/update-data": "A request is frozen when it is accepted. Enqueue another one.",
};

/** Why an action is refused; `undefined` where it is allowed. Unknown actions are refused. */
export function refusalOf({ method, route, queue, status }: Action): string | undefined {
  const name = `${method} ${route}`;
  const kind = queue === undefined ? undefined : kindOf.get(queue);
  const isAllowed = kind !== undefined && allowed[name]?.includes(kind) === true;
  const isFinished = status === undefined || status === "completed" || status === "failed";
  if (isAllowed && isFinished) return undefined;
  if (kind === "tick") return "This queue only wakes the pollers and has no actions.";
  return instead[name] ?? "This board does not offer that.";
}

/** An action that is not done; the message says why and what to do instead. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** For methods of Bull Board's adapters that nobody may call. */
export function refuse(message: string): Promise<never> {
  return Promise.reject(new Refused(message));
}
