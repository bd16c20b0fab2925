import { restingStates } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Deps } from "../context.ts";
import { type Calm, openCalm } from "../leases.ts";
import { startLoop } from "../loops.ts";
import { oneMoreCrash } from "../reconcile/decide.ts";
import { resolve } from "../reconcile/reconcile.ts";
import { lookAtReviewed } from "../reconcile/watch-review.ts";
import { mayUpload } from "../upload/files.ts";
import { prepare } from "../upload/upload.ts";
import { findUnowned } from "./orphans.ts";
import { rerouteFromPaused } from "./reassign.ts";
import { handOverAgain } from "./redispatch.ts";
/**
 * Brings back whatever was dropped. Every live generation is in the backlog or has one due time, so nothing has to be searched for:
 * what is overdue is handed over again, and what was left in the middle of a POST becomes `unknown`.
 */
export interface Recovery extends AsyncDisposable {
  wake(): void;
}

const forgetEveryTurns = 60;
const batch = 200;

export function startRecovery(
  deps: Deps,
  freed: (account: string) => void,
  options: { retentionMs: number },
): Recovery {
  let turn = 0;
  const calm = openCalm(deps.timing.submitLeaseMs / 2);
  const failed = (error: unknown) => deps.log.warn({ err: error }, "recovery could not run; it runs again in a second");
  const main = startLoop(async () => {
    await recoverOnce(turn, calm, deps, freed, options);
    turn += 1;
    return deps.timing.turnMs;
  }, failed);
  // Asking a provider may take as long as a POST: each is asked in a loop of its own, so that none keeps the rest waiting.
  const asking = [...deps.accounts.values()].map((account) =>
    startLoop(async () => {
      await resolve(account, deps);
      await lookAtReviewed(account, deps);
      return deps.timing.turnMs;
    }, failed),
  );
  // Nor does an upload keep the asking waiting.
  const preparing = [...deps.accounts.values()]
    .filter(mayUpload)
    .map((account) => startLoop(() => prepare(account, deps, freed), failed));
  const searching = [...deps.accounts.values()].map((account) =>
    startLoop(async () => {
      await findUnowned(account, deps);
      return deps.timing.unownedEveryMs;
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
async function recoverOnce(
  turn: number,
  calm: Calm,
  deps: Deps,
  freed: (account: string) => void,
  options: { retentionMs: number },
): Promise<void> {
  await Promise.all([...deps.accounts.values()].map((account) => recoverAccount(account, calm, deps, freed)));
  await each(deps, [
    () => handOverAgain(deps),
    () => rerouteFromPaused(deps, freed),
    () => expireOverdue(deps),
    async () => (turn % forgetEveryTurns === 0 ? forgetOld(deps, options.retentionMs) : undefined),
  ]);
}

function recoverAccount(account: Account, calm: Calm, deps: Deps, freed: (account: string) => void): Promise<void> {
  return each(deps, [
    async () => {
      await ripen(account, deps, freed);
      calm.answered();
    },
    async () => (calm.lasts() ? loseSightOfStale(account, deps) : undefined),
  ]);
}

async function each(deps: Deps, steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  for (const step of steps) {
    await step().catch((error) => deps.log.warn({ err: error }, "a step of recovery failed; it runs again next turn"));
  }
}

async function ripen(account: Account, deps: Deps, freed: (account: string) => void): Promise<void> {
  const { count } = await ledger.ripen(deps.cell, account.name, batch);
  if (count > 0) freed(account.name);
}

/** The submit lease is over: whoever held it is dead or has lost it, and what came of its POST, or still may, nobody knows. */
async function loseSightOfStale(account: Account, deps: Deps): Promise<void> {
  const leaseMs = 5_000;
  const wanted = ["token", "crashes", "stateChangedAtMs"] as const;
  const { items, lease } = await ledger.claim(deps.cell, "submitting", account.name, wanted, { limit: batch, leaseMs });
  const note = "the worker that was sending it did not come back";
  await Promise.all(
    items.map(({ id, token = "", crashes, stateChangedAtMs }) => {
      const counts = {
        quietFromMs: stateChangedAtMs + deps.timing.sendingMs,
        crashes: oneMoreCrash(crashes, Number(lease) - leaseMs),
      };
      return deps.transitions.markUnknown({ id, token }, { note, unknownReason: note, ...counts }, 0);
    }),
  );
}

async function forgetOld(deps: Deps, retentionMs: number): Promise<void> {
  for (const tenant of await ledger.tenantsOf(deps.cell)) {
    for (const state of restingStates) await ledger.forget(deps.cell, state, tenant, retentionMs, batch);
  }
}

/** Gives up generations whose `expiresIn` is over. A task that runs is watched on: should it still succeed, it was paid for. */
export async function expireOverdue(deps: Deps): Promise<void> {
  const items = await ledger.overdue(deps.cell, 200);
  for (const { id, state } of items) {
    if (state !== "queued" && state !== "preparing" && state !== "running") continue;
    await deps.transitions.expire(id, state);
  }
}
