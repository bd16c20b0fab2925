import * as ledger from "@reelqueue/ledger";
import { inspectMedia } from "../accept/inspect-media.ts";
import { choose, type Loads, offersFor, readLoads } from "../accept/select-account.ts";
import type { Account } from "../accounts.ts";
import { runTimeClassOf } from "../accounts.ts";
import type { Context } from "../context.ts";

const batch = 100;
/** Maintenance waits meanwhile. */
const inspectMs = 2_000;

/**
 * Moves the backlog of paused accounts to other accounts, unless the customer chose the account. No provider has
 * accepted anything for a generation in the backlog.
 */
export async function reassignFromPaused(ctx: Context): Promise<void> {
  if (ctx.accounts.size < 2) return;
  const loads = await readLoads(ctx.cell, ctx.accounts);
  for (const account of ctx.accounts.values()) {
    if (loads.of(account).paused) await reassignBacklog(account, loads, ctx);
  }
}

async function reassignBacklog(from: Account, loads: Loads, ctx: Context): Promise<void> {
  const ids = await ledger.waitingIds(ctx.cell, from.name, batch);
  // with a task that a callback named, the task exists at this account
  const free = (await ledger.readMany(ctx.cell, ids)).filter(
    (found) => found?.record.accountChosen === "auto" && found.record.callbackTaskId === undefined,
  );
  const requests = free.flatMap((found) => (found ? [found.request] : []));
  const inspected = await inspectMedia(requests, ctx.accounts, { prober: ctx.prober, withinMs: inspectMs });
  for (const found of free) {
    if (!found) continue;
    const best = choose(offersFor(found.request, ctx.accounts, inspected), loads);
    if (!best || loads.of(best.account).paused) continue;
    const moved = await ledger.reassign(ctx.cell, found.id, from.name, {
      account: best.account.name,
      runTimeClass: runTimeClassOf(best.account, found.request),
      note: `${from.name} is paused: moved to ${best.account.name}`,
      ...(best.quote.usd !== null && { estimateMicroUsd: best.quote.usd * 1_000_000 }),
    });
    if (!moved) continue;
    loads.add(best.account);
    ctx.wakeAdmission(best.account.name);
  }
}
