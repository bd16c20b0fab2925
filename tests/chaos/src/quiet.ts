import { setTimeout as wait } from "node:timers/promises";
import { isResting, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { World } from "./world/world.ts";

/**
 * Waits until every generation rests and no webhook waits; answers the ids that did not get there although for `patienceMs` none did.
 * A webhook that was refused waits for minutes by its schedule: it is sent again as an operator would.
 */
export async function quiet(ids: readonly string[], { here }: World, patienceMs: number): Promise<string[]> {
  let stuck: string[] = [...ids];
  let fewest = Number.POSITIVE_INFINITY;
  let progressAt = performance.now();
  let restSince = 0;
  while (performance.now() - progressAt < patienceMs) {
    stuck = await restless(ids, here.cell);
    const { pending } = await ledger.countDeliveries(here.cell);
    if (stuck.length === 0 && pending === 0) return [];
    if (stuck.length + pending < fewest) {
      fewest = stuck.length + pending;
      progressAt = performance.now();
    }
    restSince = stuck.length > 0 ? 0 : restSince || performance.now();
    if (restSince > 0 && performance.now() - restSince > scheduleMs) {
      restSince = performance.now();
      const waiting = await ledger.listDeliveries(here.cell, "pending", 0, 10_000);
      for (const id of waiting) await ledger.replay(here.cell, id);
    }
    await wait(300);
  }
  return stuck;
}

/** Longer than the first step of the schedule. */
const scheduleMs = 12_000;

async function restless(ids: readonly string[], cell: ledger.Cell): Promise<string[]> {
  const states = (await statesOf(ids, cell)).map((state) => state ?? "missing");
  return ids.filter((_, i) => {
    const state = states[i];
    return state !== "missing" && !isResting(state as State);
  });
}

/** The state of each generation; `null` where there is no record. Throws where Redis does not say, as while it loads its data. */
export async function statesOf(ids: readonly string[], cell: ledger.Cell): Promise<(State | null)[]> {
  const pipeline = cell.redis.pipeline();
  for (const id of ids) pipeline.hget(cell.keys.record(id), "state");
  return ((await pipeline.exec()) ?? []).map(([error, state]) => {
    if (error) throw error;
    return state as State | null;
  });
}
