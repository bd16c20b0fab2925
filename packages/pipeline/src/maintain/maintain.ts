import { restingStates } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { type LeaseGracePeriod, openLeaseGracePeriod } from "../leases.ts";
import { allOf, type Loops, startLoop } from "../loops.ts";
import { countCrash } from "../reconcile/decide.ts";
import { reassignFromPaused } from "./reassign.ts";
import { redispatch } from "./redispatch.ts";

const purgeEveryTicks = 60;
const batch = 200;

/**
 * Runs maintenance until disposed: promotes delayed generations, expires intents and deadlines, redispatches lost work,
 * reassigns the backlog of paused accounts, purges old records. Every live generation is in the backlog or has one due
 * time, so no search is needed. Uses only Redis.
 */
export function startMaintenance(ctx: Context, options: { retentionMs: number }): Loops {
  const grace = openLeaseGracePeriod(ctx.timing.submitLeaseMs / 2);
  let ticks = 0;
  const tick = async (): Promise<number> => {
    await Promise.all([...ctx.accounts.values()].map((account) => maintainAccount(account, grace, ctx)));
    await each(ctx, {
      redispatch: () => redispatch(ctx),
      reassign: () => reassignFromPaused(ctx),
      expire: () => expirePastDeadline(ctx),
      purge: async () => (ticks % purgeEveryTicks === 0 ? purgeOld(ctx, options.retentionMs) : undefined),
    });
    ticks += 1;
    return ctx.timing.tickMs;
  };
  return allOf([startLoop("maintain", tick, ctx)]);
}

function maintainAccount(account: Account, grace: LeaseGracePeriod, ctx: Context): Promise<void> {
  return each(ctx, {
    promote: async () => {
      const { count } = await ledger.promoteDelayed(ctx.cell, account.name, batch);
      if (count > 0) ctx.wakeAdmission(account.name);
      grace.answered();
    },
    expireIntents: async () => (grace.isOver() ? expireIntents(account, ctx) : undefined),
  });
}

/** Runs every step; a failed step is logged, and the others still run. */
async function each(ctx: Context, steps: Record<string, () => Promise<unknown>>): Promise<void> {
  for (const [step, run] of Object.entries(steps)) {
    await run().catch((err) => ctx.log.warn({ event: "maintain.failed", step, err }, "maintenance failed, retrying"));
  }
}

/**
 * Marks intents whose submit lease has ended as unknown: their worker is gone, and the outcome of their POST with it.
 */
export async function expireIntents(account: Account, ctx: Context): Promise<void> {
  const leaseMs = 5_000;
  const fields = ["token", "crashes", "stateChangedAtMs"] as const;
  const { items, lease } = await ledger.claim(ctx.cell, "submitting", account.name, { fields, limit: batch, leaseMs });
  await Promise.all(
    items.map(({ id, token = "", crashes, stateChangedAtMs }) =>
      ctx.transitions.expireLease(
        { id, token },
        { quietFromMs: stateChangedAtMs + ctx.timing.sendingMs, crashes: countCrash(crashes, Number(lease) - leaseMs) },
      ),
    ),
  );
}

/** Expires generations whose `expiresIn` is over. A running task is watched: a late success is paid for, and kept. */
async function expirePastDeadline(ctx: Context): Promise<void> {
  for (const { id, state } of await ledger.listPastDeadline(ctx.cell, batch)) {
    if (state === "queued" || state === "preparing" || state === "running") await ctx.transitions.expire(id, state);
  }
}

async function purgeOld(ctx: Context, retentionMs: number): Promise<void> {
  for (const tenant of await ledger.tenantsOf(ctx.cell)) {
    for (const state of restingStates) await ledger.purge(ctx.cell, state, tenant, { retentionMs, limit: batch });
  }
}
