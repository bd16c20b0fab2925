import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";

/** Gives up generations whose `expiresIn` is over. A task that runs is watched on: should it still succeed, it was paid for. */
export async function expireOverdue(deps: Deps): Promise<void> {
  const items = await ledger.overdue(deps.cell, 200);
  for (const { id, state } of items) {
    if (state !== "queued" && state !== "preparing" && state !== "running") continue;
    await deps.transitions.expire(id, state);
  }
}
