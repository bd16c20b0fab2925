import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import { announceEnding } from "../event.ts";
import { operationToken } from "../token.ts";

/** Gives up generations whose `expiresIn` is over. A task that runs is watched on: should it still succeed, it was paid for. */
export async function expireOverdue(deps: Deps): Promise<void> {
  const items = await ledger.overdue(deps.cell, 200);
  for (const { id, state } of items) {
    if (state !== "queued" && state !== "preparing" && state !== "running") continue;
    await ledger.move(deps.cell, {
      id,
      from: [state],
      to: "expired",
      token: operationToken(),
      note: "the time allowed for it is over",
      ...(state === "running" && { due: { lane: "watch" as const, inMs: 0 } }),
      ...(await announceEnding(deps, id, { state: "expired" })),
    });
  }
}
