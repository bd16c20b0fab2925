import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { allOf, startLoop } from "../loops.ts";

/**
 * Grants the slots that the limits of an account allow, and adds a submit job for each. Any process may call it at any
 * time.
 */
export async function admit(
  account: Account,
  ctx: Pick<Context, "cell" | "queues" | "crashPoint" | "timing">,
): Promise<ledger.Admitted> {
  const admitted = await ledger.admit(ctx.cell, account.name, {
    ...account.limits,
    leaseMs: ctx.timing.grantLeaseMs,
  });
  for (const { generation } of admitted.grants) await ctx.crashPoint?.("admit:after-grant", generation);
  await ctx.queues.add("submit", admitted.grants);
  for (const { generation } of admitted.grants) await ctx.crashPoint?.("admit:after-jobs", generation);
  return admitted;
}

/**
 * Admits until disposed, one loop per account: on `wakeAdmission`, when rate or backoff allow, and at least once per
 * `tickMs`.
 */
export function startAdmission(ctx: Context): AsyncDisposable {
  const tick = async (account: Account): Promise<number> => {
    const { againInMs = ctx.timing.tickMs } = await admit(account, ctx);
    return Math.max(5, Math.min(ctx.timing.tickMs, againInMs));
  };
  const loops = new Map(
    [...ctx.accounts].map(([name, account]) => [name, startLoop(`admit.${name}`, () => tick(account), ctx)]),
  );
  const listening = ctx.onWakeAdmission((name) => loops.get(name)?.wake());
  const all = allOf([...loops.values()]);
  return {
    [Symbol.asyncDispose]: async () => {
      listening[Symbol.dispose]();
      await all[Symbol.asyncDispose]();
    },
  };
}
