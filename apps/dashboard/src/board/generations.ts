import type { JobStatus } from "@bull-board/api/typings/app";
import { type State, states } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import { type Context, find, findMany } from "@reelqueue/pipeline";
import { generationJob, generationLog, statusOf } from "./generation-job.ts";
import type { LedgerJob, LedgerQueue } from "./ledger-adapter.ts";

export type GenerationsDeps = Pick<Context, "cell" | "transitions" | "accounts">;

/** Every generation of the cell, each state under the status of BullMQ that means the same to a person. */
export function generationsQueue(deps: GenerationsDeps): LedgerQueue {
  const { cell } = deps;
  return {
    name: "generations",
    description:
      "The ledger, each state newest first. Waiting: queued. Active: preparing, submitting, running, finalizing. Delayed: unknown, being resolved. " +
      "Failed: failed, expired, and needs_review, which waits for a person. Completed: succeeded, canceled.",
    allowCompletedRetries: false,
    statuses: ["active", "waiting", "completed", "failed", "delayed"],
    counts: async () => {
      const counts = await ledger.counts(cell);
      const sum = (status: JobStatus) => statesIn(status).reduce((total, state) => total + counts[state], 0);
      return {
        ...none,
        active: sum("active"),
        waiting: sum("waiting"),
        completed: sum("completed"),
        failed: sum("failed"),
        delayed: sum("delayed"),
      };
    },
    page: async (status, offset, count) => toJobs(await ledger.page(cell, statesIn(status), offset, count), deps),
    find: async (id) => (await toJobs([id], deps)).at(0),
    logs: async (id) => {
      const generation = await find(id, deps);
      return generation ? generationLog(generation) : [];
    },
  };
}

/** Bull Board's type asks for every status there is. */
export const none = {
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

async function toJobs(ids: readonly string[], deps: GenerationsDeps): Promise<LedgerJob[]> {
  const generations = await findMany(ids, deps);
  const delayed = generations.filter(({ state }) => statusOf[state] === "delayed").map(({ id }) => id);
  const dues = await dueTimes(delayed, deps.cell);
  return generations.map((generation) => generationJob(generation, { ...deps, dueAtMs: dues.get(generation.id) }));
}

async function dueTimes(ids: readonly string[], cell: ledger.Cell): Promise<Map<string, number>> {
  const found = (await ledger.readMany(cell, ids)).filter((item) => item !== undefined);
  const standings = await Promise.all(found.map(({ id, record }) => ledger.queuePosition(cell, id, record)));
  return new Map(found.map(({ id }, i) => [id, Date.now() + (standings[i]?.dueInMs ?? 0)]));
}
