import type { JobStatus } from "@bull-board/api/typings/app";
import { type State, states } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Context, find, findMany, type RetryContext } from "@reelqueue/pipeline";
import { generationJob, generationLog, statusOf } from "./generation-job.ts";
import type { LedgerJob, LedgerQueue } from "./ledger-adapter.ts";

export type GenerationsContext = RetryContext & Pick<Context, "accounts">;

/** Every generation of the cell, each state under the status of BullMQ that an operator would expect. */
export function generationsQueue(ctx: GenerationsContext): LedgerQueue {
  const { cell } = ctx;
  return {
    name: "generations",
    description:
      "The ledger, newest first by the last change of state. Waiting: queued. Active: preparing, submitting, running, finalizing. Delayed: unknown, being reconciled. " +
      "Failed: failed, expired, and needs_review, which waits for an operator. Completed: succeeded, canceled.",
    allowCompletedRetries: false,
    statuses: ["active", "waiting", "completed", "failed", "delayed"],
    counts: async () => {
      const counts = await ledger.counts(cell);
      const sum = (status: JobStatus) => statesIn(status).reduce((total, state) => total + counts[state], 0);
      return {
        ...noCounts,
        active: sum("active"),
        waiting: sum("waiting"),
        completed: sum("completed"),
        failed: sum("failed"),
        delayed: sum("delayed"),
      };
    },
    page: async (status, offset, count) => toJobs(await ledger.page(cell, statesIn(status), offset, count), ctx),
    find: async (id) => (await toJobs([id], ctx)).at(0),
    logs: async (id) => {
      const generation = await find(id, ctx);
      return generation ? generationLog(generation) : [];
    },
  };
}

/** Bull Board's type requires every status. */
export const noCounts = {
  latest: 0,
  active: 0,
  waiting: 0,
  "waiting-children": 0,
  prioritized: 0,
  completed: 0,
  failed: 0,
  delayed: 0,
  paused: 0,
};

function statesIn(status: JobStatus): State[] {
  return states.filter((state) => statusOf[state] === status);
}

async function toJobs(ids: readonly string[], ctx: GenerationsContext): Promise<LedgerJob[]> {
  const generations = await findMany(ids, ctx);
  const delayed = generations.filter(({ state }) => statusOf[state] === "delayed").map(({ id }) => id);
  const dueAtMs = await dueTimes(delayed, ctx.cell);
  return generations.map((generation) => generationJob(generation, { ...ctx, dueAtMs: dueAtMs.get(generation.id) }));
}

async function dueTimes(ids: readonly string[], cell: ledger.Cell): Promise<Map<string, number>> {
  const found = (await ledger.readMany(cell, ids)).filter((item) => item !== undefined);
  const positions = await Promise.all(found.map(({ id, record }) => ledger.queuePosition(cell, id, record)));
  return new Map(found.map(({ id }, i) => [id, Date.now() + (positions[i]?.dueInMs ?? 0)]));
}
