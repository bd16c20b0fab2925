import { queues } from "@reelqueue/contracts";

/** `ledger`: read through from the ledger. `bull`: hand-overs in BullMQ. `tick`: BullMQ's, and nothing to act on. */
export type Queue = "ledger" | "bull" | "tick";

/** The queues of the board by name. */
export const queueKinds: ReadonlyMap<string, Queue> = new Map([
  ["generations", "ledger"],
  ["deliveries", "ledger"],
  [queues.submit.name, "bull"],
  [queues.finalize.name, "bull"],
  [queues.poll.name, "tick"],
]);

/** The most jobs that one request gets; the page's own setting ends here too. */
export const mostPerPage = 300;
