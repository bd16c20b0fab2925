import * as ledger from "@reelqueue/ledger";
import { lookAtMedia } from "../accept/inspect-media.ts";
import { choose, type Loads, offersFor, readLoads } from "../accept/select-account.ts";
import type { Account } from "../accounts.ts";
import { runTimeClassOf } from "../accounts.ts";
import type { Context } from "../context.ts";

const batch = 100;
/** Other work waits meanwhile. */
const lookMs = 2_000;

/**
 * Gives what waits for a paused account to another one that can make it, where the account was not the customer's choice. A generation
 * that waits is one of which nothing was accepted anywhere.
 */
export async function reassignFromPaused(ctx: Context): Promise<void> {
  if (ctx.accounts.size < 2) return;
  const loads = await readLoads(ctx.cell, ctx.accounts);
  for (const account of ctx.accounts.values()) {
    if (loads.of(account).paused) await emptyBacklog(account, loads, ctx);
  }
}

async function emptyBacklog(from: Account, loads: Loads, ctx: Context): Promise<void> {
  const ids = await ledger.waitingIds(ctx.cell, from.name, batch);
  // A hint says that a task of this account exists after all.
  const free = (await ledger.readMany(ctx.cell, ids)).filter(
    (found) => found?.record.accountChosen === "auto" && found.record.callbackTaskId === undefined,
  );
  const requests = free.flatMap((found) => (found ? [found.request] : []));
  const looked = await lookAtMedia(requests, ctx.accounts, { prober: ctx.prober, withinMs: lookMs });
  for (const found of free) {
    if (!found) continue;
    const best = choose(offersFor(found.request, ctx.accounts, looked), loads);
    if (!best || loads.of(best.account).paused) continue;
    const moved = await ledger.reassign(ctx.cell, found.id, from.name, {
      account: best.account.name,
      class: runTimeClassOf(best.account, found.request),
      note: `${from.name} is paused: given to ${best.account.name}`,
      ...(best.quote.usd !== null && { estimate: best.quote.usd * 1_000_000 }),
    });
    if (!moved) continue;
    loads.add(best.account);
    ctx.wakeAdmission(best.account.name);
  }
}
