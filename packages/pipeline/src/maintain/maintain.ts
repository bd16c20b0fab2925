import { restingStates } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { type LeaseGracePeriod, openLeaseGracePeriod } from "../leases.ts";
import { startLoop } from "../loops.ts";
import { countCrash } from "../reconcile/decide.ts";
import { reconcile } from "../reconcile/reconcile.ts";
import { watchReviews } from "../reconcile/watch-review.ts";
import { mayUpload } from "../upload/files.ts";
import { uploadDue } from "../upload/upload.ts";
import { findOrphans } from "./orphans.ts";
import { reassignFromPaused } from "./reassign.ts";
import { redispatch } from "./redispatch.ts";
/**
 * Brings back whatever was dropped. Every live generation is in the backlog or has one due time, so nothing has to be searched for:
 * what is overdue is handed over again, and what was left in the middle of a POST becomes `unknown`.
 */
export interface Maintenance extends AsyncDisposable {
  wake(): void;
}

const purgeEveryTicks = 60;
const batch = 200;

export function startMaintenance(
  deps: Context,
  freed: (account: string) => void,
  options: { retentionMs: number },
): Maintenance {
  let turn = 0;
  const calm = openLeaseGracePeriod(deps.timing.submitLeaseMs / 2);
  const failed = (error: unknown) => deps.log.warn({ err: error }, "recovery could not run; it runs again in a second");
  const main = startLoop(async () => {
    await maintainOnce(turn, calm, deps, freed, options);
    turn += 1;
    return deps.timing.tickMs;
  }, failed);
  // Asking a provider may take as long as a POST: each is asked in a loop of its own, so that none keeps the rest waiting.
  const asking = [...deps.accounts.values()].map((account) =>
    startLoop(async () => {
      await reconcile(account, deps);
      await watchReviews(account, deps);
      return deps.timing.tickMs;
    }, failed),
  );
  // Nor does an upload keep the asking waiting.
  const preparing = [...deps.accounts.values()]
    .filter(mayUpload)
    .map((account) => startLoop(() => uploadDue(account, deps, freed), failed));
  const searching = [...deps.accounts.values()].map((account) =>
    startLoop(async () => {
      await findOrphans(account, deps);
      return deps.timing.orphanSearchEveryMs;
    }, failed),
  );
  const loops = [main, ...asking, ...preparing];
  return {
    wake: () => {
      for (const loop of loops) loop.wake();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...loops, ...searching].map((loop) => loop.stop()));
    },
  };
}

/** One turn over all accounts, of all that asks nobody but Redis. A step that fails is reported, and keeps no other from its work. */
async function maintainOnce(
  turn: number,
  calm: LeaseGracePeriod,
  deps: Context,
  freed: (account: string) => void,
  options: { retentionMs: number },
): Promise<void> {
  await Promise.all([...deps.accounts.values()].map((account) => maintainAccount(account, calm, deps, freed)));
  await each(deps, [
    () => redispatch(deps),
    () => reassignFromPaused(deps, freed),
    () => expirePastDeadline(deps),
    async () => (turn % purgeEveryTicks === 0 ? purgeOld(deps, options.retentionMs) : undefined),
  ]);
}

function maintainAccount(
  account: Account,
  calm: LeaseGracePeriod,
  deps: Context,
  freed: (account: string) => void,
): Promise<void> {
  return each(deps, [
    async () => {
      await promoteDelayed(account, deps, freed);
      calm.answered();
    },
    async () => (calm.isOver() ? expireIntents(account, deps) : undefined),
  ]);
}

async function each(deps: Context, steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) {
    await step().catch((error) => deps.log.warn({ err: error }, "a step of recovery failed; it runs again next turn"));
  }
}

async function promoteDelayed(account: Account, deps: Context, freed: (account: string) => void): Promise<void> {
  const { count } = await ledger.promoteDelayed(deps.cell, account.name, batch);
  if (count > 0) freed(account.name);
}

/** The submit lease is over: whoever held it is dead or has lost it, and what came of its POST, or still may, nobody knows. */
async function expireIntents(account: Account, deps: Context): Promise<void> {
  const leaseMs = 5_000;
  const wanted = ["token", "crashes", "stateChangedAtMs"] as const;
  const { items, lease } = await ledger.claim(deps.cell, "submitting", account.name, wanted, { limit: batch, leaseMs });
  const note = "the worker that was sending it did not come back";
  await Promise.all(
    items.map(({ id, token = "", crashes, stateChangedAtMs }) => {
      const counts = {
        quietFromMs: stateChangedAtMs + deps.timing.sendingMs,
        crashes: countCrash(crashes, Number(lease) - leaseMs),
      };
      return deps.transitions.markUnknown({ id, token }, { note, unknownReason: note, ...counts }, 0);
    }),
  );
}

async function purgeOld(deps: Context, retentionMs: number): Promise<void> {
  for (const tenant of await ledger.tenantsOf(deps.cell)) {
    for (const state of restingStates) await ledger.purge(deps.cell, state, tenant, retentionMs, batch);
  }
}

/** Gives up generations whose `expiresIn` is over. A task that runs is watched on: should it still succeed, it was paid for. */
export async function expirePastDeadline(deps: Context): Promise<void> {
  const items = await ledger.listPastDeadline(deps.cell, 200);
  for (const { id, state } of items) {
    if (state !== "queued" && state !== "preparing" && state !== "running") continue;
    await deps.transitions.expire(id, state);
  }
}
