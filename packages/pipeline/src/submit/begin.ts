import type { GenerationRequest, HandOver } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import { announceEnding } from "../event.ts";
import { fence } from "../rule.ts";
import { operationToken } from "../token.ts";
import type { Intent } from "./index.ts";

export type Begun = { kind: "begun"; intent: Intent } | { kind: "over"; note: string };

/** Writes the intent. `over`: the job is stale, or somebody else is at it, and nothing may be sent. */
export async function begin({ generation: id, n }: HandOver, token: string, deps: Deps): Promise<Begun> {
  const moved = await ledger
    .move(deps.cell, {
      id,
      from: ["queued"],
      to: "submitting",
      token,
      ...fence(deps, { n: String(n), lane: "granted", calm: true }),
      due: { lane: "submitting", inMs: deps.timing.submitLeaseMs },
      want: ["account", "attempt", "class", "submits", "hint"],
    })
    .catch((error: unknown) => giveBackUnconfirmed(error, id, token, deps));
  switch (moved.kind) {
    case "unconfirmed":
      return { kind: "over", note: "not sent: no replica of Redis has the intent" };
    case "moved":
    case "already":
      return intentOf(id, token, moved.wanted, ledger.thaw(moved.request), deps);
    case "canceling":
      await cancelInstead(id, deps);
      return { kind: "over", note: "canceled before it was sent" };
    case "stale":
    case "conflict":
    case "orphaned":
      return { kind: "over", note: `nothing to do: it is ${moved.state} under another hand-over` };
    case "taken":
    case "missing":
      return { kind: "over", note: "nothing to do: there is no such generation any more" };
  }
}

export async function intentOf(
  id: string,
  token: string,
  wanted: readonly string[],
  request: GenerationRequest,
  deps: Deps,
): Promise<Begun> {
  const [name = "", attempt = "1", className = "", submits = "", hint = ""] = wanted;
  const account = deps.accounts.get(name);
  if (account) {
    return {
      kind: "begun",
      intent: {
        id,
        account,
        attempt,
        class: className,
        submits: Number(submits),
        request,
        hint,
        token,
      },
    };
  }
  await ledger.move(deps.cell, {
    id,
    from: ["submitting"],
    to: "queued",
    token: operationToken(),
    ...fence(deps, { token }),
    due: { lane: "backoff", inMs: 60_000 },
    note: `account ${name} is not configured here`,
  });
  return { kind: "over", note: `account ${name} is not configured here` };
}

/** An intent that a failover could lose is none: nothing is sent for it. */
async function giveBackUnconfirmed(
  error: unknown,
  id: string,
  token: string,
  deps: Deps,
): Promise<{ kind: "unconfirmed" }> {
  if (!(error instanceof ledger.LedgerError) || error.kind !== "unconfirmed") throw error;
  deps.log.warn({ generation: id }, "not sent: no replica of Redis has the intent");
  await ledger.move(deps.cell, {
    id,
    from: ["submitting"],
    to: "queued",
    token: operationToken(),
    ...fence(deps, { token }),
    due: { lane: "backoff", inMs: 2_000 },
    note: "not sent: no replica of Redis has the intent",
  });
  return { kind: "unconfirmed" };
}

async function cancelInstead(id: string, deps: Deps): Promise<void> {
  await ledger.move(deps.cell, {
    id,
    from: ["queued"],
    to: "canceled",
    token: operationToken(),
    ...(await announceEnding(deps, id, { state: "canceled" })),
  });
}
