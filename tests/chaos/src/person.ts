import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { review } from "@reelqueue/pipeline";
import { markerOf, tasksOf } from "./check/money.ts";
import type { World } from "./world/world.ts";

const everyMs = 5_000;

/**
 * Does what an operator would do, until disposed: resumes accounts that paused themselves, and settles what needs a person by the provider's
 * bill, as soon as it is asked. `lateMs`: tasks appear so long after any quiet window (A1 broken on purpose), and it waits for them.
 */
export function startPerson(world: World, lateMs: number | undefined): AsyncDisposable {
  const ended = new AbortController();
  const round = async (): Promise<void> => {
    await resumeAccounts(world);
    await settleReviews(world, lateMs === undefined ? 0 : lateMs + 2_000);
  };
  const working = (async () => {
    while (!ended.signal.aborted) {
      // Redis may be away just now: it comes again.
      await round().catch(() => {});
      await wait(everyMs, undefined, { signal: ended.signal }).catch(() => {});
    }
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      ended.abort();
      await working;
    },
  };
}

/** An account that paused itself waits for somebody to look: nothing is wrong with the simulator. */
async function resumeAccounts({ here }: World): Promise<void> {
  for (const name of here.accounts.keys())
    if ((await ledger.accountStatus(here.cell, name)).paused !== undefined) await ledger.resume(here.cell, name);
}

async function settleReviews(world: World, patienceMs: number): Promise<void> {
  const { cell } = world.here;
  const { ids } = await ledger.list(cell, { state: "needs_review" }, 1_000);
  const found = await ledger.readMany(cell, ids);
  const nowMs = Date.now();
  const open = found
    .filter((each) => each !== undefined)
    .filter(({ record }) => nowMs - record.stateChangedAtMs >= patienceMs);
  if (open.length === 0) return;
  const { byMarker } = await billOf(world);
  for (const each of open) {
    const { id, record } = each;
    const known = tasksOf(record);
    const taskId = byMarker[markerOf(each)]?.taskIds.find((task) => !known.includes(task));
    await review(id, taskId === undefined ? { kind: "unsent" } : { kind: "sent", taskId }, world.here);
  }
}

export interface Bill {
  tasks: number;
  charges: number;
  refunds: number;
  byMarker: Record<string, { tasks: number; charges: number; refunds: number; taskIds: string[] }>;
}

async function billOf({ simulator }: World): Promise<Bill> {
  return (await (await fetch(`${simulator.url}/simulator/ledger`)).json()) as Bill;
}
