import { setTimeout as wait } from "node:timers/promises";
import { isResting, type State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { World } from "./world/world.ts";

/**
 * Waits until every generation rests or needs a person, and no webhook waits; answers the ids that did not get there in time.
 * A webhook that was refused waits for minutes by its schedule: it is sent again as an operator would.
 */
export async function quiet(ids: readonly string[], { here }: World, timeoutMs: number): Promise<string[]> {
  const deadline = performance.now() + timeoutMs;
  let stuck: string[] = [...ids];
  let restSince = 0;
  while (performance.now() < deadline) {
    // An account that paused itself waits for somebody to look: nothing is wrong with the twin.
    for (const name of here.accounts.keys())
      if ((await ledger.accountStatus(here.cell, name)).paused !== undefined) await ledger.resume(here.cell, name);
    stuck = await restless(ids, here.cell);
    const { pending } = await ledger.countDeliveries(here.cell);
    if (stuck.length === 0 && pending === 0) return [];
    restSince = stuck.length > 0 ? 0 : restSince || performance.now();
    if (restSince > 0 && performance.now() - restSince > patienceMs) {
      restSince = performance.now();
      const waiting = await ledger.listDeliveries(here.cell, "pending", 0, 10_000);
      for (const id of waiting) await ledger.replay(here.cell, id);
    }
    await wait(300);
  }
  return stuck;
}

/** Longer than the first step of the schedule. */
const patienceMs = 12_000;

async function restless(ids: readonly string[], cell: ledger.Cell): Promise<string[]> {
  const states = (await statesOf(ids, cell)).map((state) => state ?? "missing");
  return ids.filter((_, i) => {
    const state = states[i];
    return state !== "missing" && state !== "needs_review" && !isResting(state as State);
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
