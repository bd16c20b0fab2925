import * as ledger from "@reelqueue/ledger";
import type { Context } from "../context.ts";

const lanes = { submit: "granted", finalize: "finalize" } as const;
const batch = 200;

/** How often in a row BullMQ had nothing for a stage, and when its due times were last pulled forward for it. */
interface Idleness {
  times: number;
  pulledAtMs: number;
}
const idleness = new WeakMap<ledger.Cell, Record<keyof typeof lanes, Idleness>>();

/**
 * Puts jobs behind work whose job was lost. Overdue work gets the next hand-over number, so the old job, should it still exist, is stale.
 * Where BullMQ has nothing although the ledger says there is work, all of its due times are pulled forward, once in a lease: a job that
 * fails again and again leaves BullMQ empty too.
 */
export async function redispatch(ctx: Context): Promise<void> {
  for (const stage of ["submit", "finalize"] as const) {
    const leaseMs = stage === "submit" ? ctx.timing.grantLeaseMs : ctx.timing.finalizeLeaseMs;
    const lost = await jobsAreGone(stage, leaseMs, ctx);
    for (const account of ctx.accounts.values()) {
      if (lost) await ledger.makeAllDue(ctx.cell, lanes[stage], account.name);
      const again = await ledger.redispatch(ctx.cell, lanes[stage], account.name, batch, leaseMs);
      for (const { generation, dispatchSeq } of again)
        await ctx.queues.remove(stage, { generation, dispatchSeq: dispatchSeq - 1 });
      await ctx.queues.add(
        stage,
        again.map(({ generation, dispatchSeq, urgency }) => ({
          generation,
          dispatchSeq,
          ...(urgency !== undefined && { priority: urgency }),
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

/** Seen twice in a row, a turn apart: between granting and adding its job there is always a moment without one. */
async function jobsAreGone(stage: keyof typeof lanes, leaseMs: number, ctx: Context): Promise<boolean> {
  const never = { times: 0, pulledAtMs: Number.NEGATIVE_INFINITY };
  const both = idleness.get(ctx.cell) ?? { submit: { ...never }, finalize: { ...never } };
  idleness.set(ctx.cell, both);
  const seen = both[stage];
  const expected = await Promise.all([...ctx.accounts.keys()].map((name) => ledger.accountStatus(ctx.cell, name)));
  const waiting = expected.reduce((sum, { lanes: counts }) => sum + counts[lanes[stage]], 0);
  seen.times = waiting > 0 && (await ctx.queues.isIdle(stage)) ? seen.times + 1 : 0;
  if (seen.times < 2 || performance.now() - seen.pulledAtMs < leaseMs) return false;
  seen.times = 0;
  seen.pulledAtMs = performance.now();
  return true;
}
