import { setTimeout as wait } from "node:timers/promises";
import { isResting, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Installation } from "@reelqueue/pipeline";

/**
 * Waits until every generation rests, no delivery is pending and every named task is looked up; returns the ids of
 * generations that do not rest after `stallMs` without any progress. A refused delivery would wait minutes for its schedule, so pending deliveries are
 * replayed, as an operator would do it.
 */
export async function waitForIdle(
  ids: readonly string[],
  { cell, accounts }: Pick<Installation, "cell" | "accounts">,
  stallMs: number,
): Promise<string[]> {
  let stuck: string[] = [...ids];
  let fewest = Number.POSITIVE_INFINITY;
  let progressAt = performance.now();
  let restSince = 0;
  while (performance.now() - progressAt < stallMs) {
    stuck = [...(await statesOf(ids, cell))].filter(([, state]) => !isResting(state)).map(([id]) => id);
    const { pending } = await ledger.countDeliveries(cell);
    const left = stuck.length + pending + (await countNamed(cell, accounts.keys()));
    if (left === 0) return [];
    if (left < fewest) {
      fewest = left;
      progressAt = performance.now();
    }
    restSince = stuck.length > 0 ? 0 : restSince || performance.now();
    if (restSince > 0 && performance.now() - restSince > replayAfterMs) {
      restSince = performance.now();
      const waiting = await ledger.listDeliveries(cell, "pending", 0, 10_000);
      for (const id of waiting) await ledger.replay(cell, id);
    }
    await wait(300);
  }
  return stuck;
}

/** Longer than the first step of the delivery schedule. */
const replayAfterMs = 12_000;

/** Tasks that callbacks have named and that are not looked up yet. */
async function countNamed(cell: ledger.Cell, accounts: Iterable<string>): Promise<number> {
  const counts = await Promise.all([...accounts].map((name) => ledger.countNamedTasks(cell, name)));
  return counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The state of each generation that has a record. Throws when Redis returns an error, e.g. while it loads its data.
 */
export async function statesOf(ids: readonly string[], cell: ledger.Cell): Promise<Map<string, State>> {
  const pipeline = cell.redis.pipeline();
  for (const id of ids) pipeline.hget(cell.keys.record(id), "state");
  const answers = ((await pipeline.exec()) ?? []).map(([error, state], i) => {
    if (error) throw error;
    return [ids[i] ?? "", state as State | null] as const;
  });
  return new Map(answers.filter((answer): answer is [string, State] => answer[1] !== null));
}
