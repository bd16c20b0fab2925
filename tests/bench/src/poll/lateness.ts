import type * as ledger from "@reelqueue/ledger";
import type { Account } from "@reelqueue/pipeline";
import { quantile } from "../rig/runs.ts";

type Poll = Account["provider"]["poll"];

/** Records how much later than due each poll begins; a task is due again one interval after its last answer. */
export async function lateness(cell: ledger.Cell, intervalMs: number) {
  const dueAt = await firstDueTimes(cell);
  let late: number[] = [];
  return {
    watch:
      (poll: Poll): Poll =>
      async (taskId, call) => {
        const due = dueAt.get(taskId);
        if (due !== undefined) late.push(Date.now() - due);
        const result = await poll(taskId, call);
        dueAt.set(taskId, Date.now() + intervalMs);
        return result;
      },
    reset: () => {
      late = [];
    },
    quantiles: () => ({ p50: quantile(late, 0.5), p99: quantile(late, 0.99) }),
  };
}

async function firstDueTimes({ redis, keys }: ledger.Cell): Promise<Map<string, number>> {
  const due = keys.due("poll", "hiapi");
  const ids = await redis.zrange(due, 0, "-1");
  const dueAt = new Map<string, number>();
  for (let start = 0; start < ids.length; start += 1_000) {
    const part = ids.slice(start, start + 1_000);
    const commands = part.flatMap((id) => [
      ["hget", keys.record(id), "task"],
      ["zscore", due, id],
    ]);
    const answers = (await redis.pipeline(commands).exec()) ?? [];
    for (let i = 0; i < answers.length; i += 2) dueAt.set(`${answers[i]?.[1]}`, Number(answers[i + 1]?.[1]));
  }
  return dueAt;
}
