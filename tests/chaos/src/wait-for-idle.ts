import { setTimeout as wait } from "node:timers/promises";
import { isResting, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { ChaosSystem } from "./system/system.ts";

/**
 * Waits until every generation rests, no delivery is pending and every named task is looked up; returns the ids of generations that do not rest after
 * `stallMs` without any progress. A refused delivery would wait minutes for its schedule, so pending deliveries are
 * replayed, as an operator would do it.
 */
export async function waitForIdle(
  ids: readonly string[],
  { installation }: Pick<ChaosSystem, "installation">,
  stallMs: number,
): Promise<string[]> {
  const { cell } = installation;
  let stuck: string[] = [...ids];
  let fewest = Number.POSITIVE_INFINITY;
  let progressAt = performance.now();
  let restSince = 0;
  while (performance.now() - progressAt < stallMs) {
    stuck = await notResting(ids, cell);
    const { pending } = await ledger.countDeliveries(cell);
    const left = stuck.length + pending + (await countNamed(installation));
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
async function countNamed({ cell, accounts }: ChaosSystem["installation"]): Promise<number> {
  const counts = await Promise.all([...accounts.keys()].map((name) => ledger.countNamedTasks(cell, name)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function notResting(ids: readonly string[], cell: ledger.Cell): Promise<string[]> {
  const states = await statesOf(ids, cell);
  return ids.filter((_, i) => {
    const state = states[i] ?? null;
    return state !== null && !isResting(state);
  });
}

/**
 * The state of each generation, `null` where there is no record. Throws when Redis returns an error, e.g. while it
 * loads its data.
 */
export async function statesOf(ids: readonly string[], cell: ledger.Cell): Promise<(State | null)[]> {
  const pipeline = cell.redis.pipeline();
  for (const id of ids) pipeline.hget(cell.keys.record(id), "state");
  return ((await pipeline.exec()) ?? []).map(([error, state]) => {
    if (error) throw error;
    return state as State | null;
  });
}
