import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";

const lanes = { submit: "granted", finalize: "finalize" } as const;
const batch = 200;

/** How often in a row BullMQ was idle for a stage, and when all its work was last made due. */
interface Idleness {
  count: number;
  madeDueAtMs: number;
}
const idleness = new WeakMap<ledger.Cell, Record<keyof typeof lanes, Idleness>>();

/**
 * Adds jobs for work whose job was lost. Overdue work gets the next `dispatchSeq`, so that the old job, if it still
 * exists, is stale. If BullMQ is idle although the ledger has work, all of that work becomes due, at most once per
 * lease: a job that fails repeatedly also leaves BullMQ idle.
 */
export async function redispatch(ctx: Context): Promise<void> {
  for (const stage of ["submit", "finalize"] as const) {
    const leaseMs = stage === "submit" ? ctx.timing.grantLeaseMs : ctx.timing.finalizeLeaseMs;
    const areLost = await areJobsLost(stage, leaseMs, ctx);
    for (const account of ctx.accounts.values()) {
      if (areLost) await ledger.makeAllDue(ctx.cell, lanes[stage], account.name);
      const again = await ledger.redispatch(ctx.cell, lanes[stage], account.name, { limit: batch, leaseMs });
      for (const { generation, dispatchSeq } of again)
        await ctx.queues.remove(stage, { generation, dispatchSeq: dispatchSeq - 1 });
      await ctx.queues.add(
        stage,
        again.map(({ generation, dispatchSeq, finalizePriority }) => ({
          generation,
          dispatchSeq,
          ...(finalizePriority !== undefined && { priority: finalizePriority }),
        })),
      );
      if (again.length > 0)
        ctx.log.warn(
          { event: "maintain.redispatched", account: account.name, count: again.length, stage },
          "overdue jobs dispatched again",
        );
    }
  }
}

/** Idle twice in a row, one tick apart: once may fall between a grant and the adding of its job. */
async function areJobsLost(stage: keyof typeof lanes, leaseMs: number, ctx: Context): Promise<boolean> {
  const never = { count: 0, madeDueAtMs: Number.NEGATIVE_INFINITY };
  const both = idleness.get(ctx.cell) ?? { submit: { ...never }, finalize: { ...never } };
  idleness.set(ctx.cell, both);
  const idle = both[stage];
  const expected = await Promise.all([...ctx.accounts.keys()].map((name) => ledger.accountStatus(ctx.cell, name)));
  const waiting = expected.reduce((sum, { lanes: counts }) => sum + counts[lanes[stage]], 0);
  idle.count = waiting > 0 && (await ctx.queues.isIdle(stage)) ? idle.count + 1 : 0;
  if (idle.count < 2 || performance.now() - idle.madeDueAtMs < leaseMs) return false;
  idle.count = 0;
  idle.madeDueAtMs = performance.now();
  return true;
}
