import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";

const lanes = { submit: "granted", finalize: "finalize" } as const;
const batch = 200;
const idle = new WeakMap<ledger.Cell, Record<keyof typeof lanes, number>>();

/**
 * Puts jobs behind work whose job was lost. Overdue work gets the next hand-over number, so the old job, should it still exist, is stale.
 * Where BullMQ has nothing although the ledger says there is work, all of its due times are pulled forward.
 */
export async function handOverAgain(deps: Deps): Promise<void> {
  for (const stage of ["submit", "finalize"] as const) {
    const lost = await jobsAreGone(stage, deps);
    for (const account of deps.accounts.values()) {
      if (lost) await ledger.pull(deps.cell, lanes[stage], account.name);
      const leaseMs = stage === "submit" ? deps.timing.grantLeaseMs : deps.timing.finalizeLeaseMs;
      const again = await ledger.reissue(deps.cell, lanes[stage], account.name, batch, leaseMs);
      for (const { generation, n } of again) await deps.queues.remove(stage, { generation, n: n - 1 });
      await deps.queues.add(
        stage,
        again.map(({ generation, n, urgency }) => ({
          generation,
          n,
          ...(urgency !== undefined && { priority: urgency }),
        })),
      );
      if (again.length > 0)
        deps.log.warn({ account: account.name, count: again.length, stage }, "overdue work was handed over again");
    }
  }
}

/** Seen twice in a row, a turn apart: between granting and adding its job there is always a moment without one. */
async function jobsAreGone(stage: keyof typeof lanes, deps: Deps): Promise<boolean> {
  const seen = idle.get(deps.cell) ?? { submit: 0, finalize: 0 };
  idle.set(deps.cell, seen);
  const expected = await Promise.all([...deps.accounts.keys()].map((name) => ledger.accountStatus(deps.cell, name)));
  const waiting = expected.reduce((sum, { lanes: counts }) => sum + counts[lanes[stage]], 0);
  seen[stage] = waiting > 0 && (await deps.queues.isIdle(stage)) ? seen[stage] + 1 : 0;
  if (seen[stage] < 2) return false;
  seen[stage] = 0;
  return true;
}
