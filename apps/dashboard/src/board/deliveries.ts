import type { JobStatus, QueueJobJson } from "@bull-board/api/typings/app";
import * as ledger from "@reelqueue/ledger";
import { redact, scrub } from "@reelqueue/runtime";
import { Refused } from "./actions.ts";
import { noCounts } from "./generations.ts";
import { linkTo, shownEndpoint } from "./hooks.ts";
import { type LedgerJob, type LedgerQueue, readOnlyJob } from "./ledger-adapter.ts";

/** The status of BullMQ under which each state is shown. */
const statusOf = {
  pending: "delayed",
  delivered: "completed",
  exhausted: "failed",
} as const satisfies Record<ledger.DeliveryState, JobStatus>;

/** Every webhook of the cell. */
export function deliveriesQueue({ cell }: { cell: ledger.Cell }): LedgerQueue {
  return {
    name: "deliveries",
    description:
      "Webhooks, newest first. Delayed: waiting for the next attempt. Completed: delivered. Failed: given up. Retry sends the same bytes under the same id again.",
    allowCompletedRetries: true,
    externalJobUrl: ({ opts }) => linkTo(opts.generation),
    statuses: ["delayed", "completed", "failed"],
    counts: async () => {
      const { pending, delivered, exhausted } = await ledger.countDeliveries(cell);
      return { ...noCounts, delayed: pending, completed: delivered, failed: exhausted };
    },
    page: async (status, offset, count) => {
      const states = (Object.keys(statusOf) as ledger.DeliveryState[]).filter((state) => statusOf[state] === status);
      const ids = await Promise.all(states.map((state) => ledger.listDeliveries(cell, state, offset, count)));
      return (await deliveriesOf(ids.flat(), cell)).map((delivery) => toJob(delivery, cell));
    },
    find: async (id) => (await deliveriesOf([id], cell)).map((delivery) => toJob(delivery, cell)).at(0),
    logs: async (id) =>
      (await deliveriesOf([id], cell)).flatMap(({ log }) => log.map(({ at, note }) => scrub(`${at}  ${note}`))),
  };
}

async function deliveriesOf(ids: readonly string[], cell: ledger.Cell): Promise<ledger.Delivery[]> {
  return (await ledger.readDeliveries(cell, ids)).filter((delivery) => delivery !== undefined);
}

function toJob(delivery: ledger.Delivery, cell: ledger.Cell): LedgerJob {
  const json = toJson(delivery);
  return {
    id: delivery.id,
    opts: json.opts,
    toJSON: () => json,
    getState: () => Promise.resolve(statusOf[delivery.state]),
    retry: async () => {
      if (!(await ledger.replay(cell, delivery.id))) throw new Refused("Nothing to send again: it was purged.");
    },
    ...readOnlyJob,
  };
}

function toJson({ id, state, body, url, generation, tenant, tries, createdAt, log }: ledger.Delivery): QueueJobJson {
  const event = JSON.parse(body) as { type?: unknown };
  const last = log.at(-1);
  const lastAt = last && Date.parse(last.at);
  return {
    id,
    name: String(event.type),
    data: redact(event),
    progress: { state, tries },
    attemptsMade: tries,
    timestamp: Date.parse(createdAt),
    ...(lastAt !== undefined && { processedOn: lastAt }),
    ...(lastAt !== undefined && state !== "pending" && { finishedOn: lastAt }),
    failedReason: state === "exhausted" ? scrub(`given up at attempt ${tries}: ${last?.note ?? ""}`) : "",
    stacktrace: null,
    returnvalue: state === "delivered" ? { answer: scrub(last?.note ?? "") } : undefined,
    opts: { generation, tenant, endpoint: shownEndpoint(url) },
  };
}
