import * as ledger from "@reelqueue/ledger";
import { review } from "@reelqueue/pipeline";
import { repeat, simulatorAt } from "@reelqueue/testing";
import { markerOf, tasksOf } from "./check/money.ts";
import type { ChaosSystem } from "./system/system.ts";

const everyMs = 5_000;

/**
 * Acts as the operator until disposed: resumes accounts that paused themselves and settles generations in review by the
 * provider's bill. `lateMs`: tasks appear this long after the POST, beyond the quiet window (assumption A1 broken on
 * purpose); reviews wait for them.
 */
export function startOperator(system: ChaosSystem, lateMs: number | undefined): AsyncDisposable {
  const round = async (): Promise<void> => {
    await resumeAccounts(system);
    await settleReviews(system, lateMs === undefined ? 0 : lateMs + 2_000);
  };
  // Redis may be unavailable; the next round retries.
  return repeat(everyMs, () => round().catch(() => {}));
}

async function resumeAccounts({ installation: { accounts, cell } }: ChaosSystem): Promise<void> {
  for (const name of accounts.keys())
    if ((await ledger.accountStatus(cell, name)).paused !== undefined) await ledger.resume(cell, name);
}

async function settleReviews(system: ChaosSystem, delayMs: number): Promise<void> {
  const { cell } = system.installation;
  const { ids } = await ledger.list(cell, { state: "needs_review" }, 1_000);
  const found = await ledger.readMany(cell, ids);
  const nowMs = Date.now();
  const open = found
    .filter((each) => each !== undefined)
    .filter(({ record }) => nowMs - record.stateChangedAtMs >= delayMs);
  if (open.length === 0) return;
  const { byMarker } = await simulatorAt(system.simulator.url).bill();
  for (const each of open) {
    const { id, record } = each;
    const known = tasksOf(record);
    const taskId = byMarker[markerOf(each)]?.taskIds.find((task) => !known.includes(task));
    await review(id, taskId === undefined ? { kind: "unsent" } : { kind: "sent", taskId }, system.installation);
  }
}
