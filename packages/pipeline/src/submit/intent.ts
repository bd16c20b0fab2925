import type { GenerationRequest, JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
/** An intent that is on disk: from here on somebody may be paying. */
export interface Intent {
  id: string;
  account: Account;
  attempt: number;
  runTimeClass: string;
  /** POSTs of this attempt that were given back so far. */
  requeues: number;
  request: GenerationRequest;
  /** A task of this attempt that a callback named. */
  callbackTaskId?: string;
  token: string;
}

export type Begun = { kind: "begun"; intent: Intent } | { kind: "over"; note: string };

/** Writes the intent. `over`: the job is stale, or somebody else is at it, and nothing may be sent. */
export async function beginIntent(job: JobRef, token: string, ctx: Context): Promise<Begun> {
  const { generation: id } = job;
  const moved = await ctx.transitions
    .begin(job, { token, leaseMs: ctx.timing.submitLeaseMs })
    .catch((error: unknown) => requeueUnconfirmed(error, { id, token }, ctx));
  switch (moved.kind) {
    case "unconfirmed":
      return { kind: "over", note: notConfirmed };
    case "moved":
    case "already":
      return intentOf({ id, token }, moved.wanted, moved.request, ctx);
    case "canceling":
      await ctx.transitions.cancel(id, ["queued"], "canceled before it was sent");
      return { kind: "over", note: "canceled before it was sent" };
    case "stale":
    case "conflict":
    case "orphaned":
      return { kind: "over", note: `nothing to do: it is ${moved.state} under another dispatch` };
    case "taken":
    case "missing":
      return { kind: "over", note: "nothing to do: there is no such generation any more" };
  }
}

type Of = Pick<Intent, "id" | "token">;

async function intentOf(
  of: Of,
  wanted: Partial<ledger.GenerationRecord>,
  frozen: string,
  ctx: Context,
): Promise<Begun> {
  const { account: name = "", attempt = 1, runTimeClass = "", requeues = 0, callbackTaskId } = wanted;
  const { tenant = "default", priority = 0, batch } = wanted;
  const request = ledger.thaw(frozen, { account: name, tenant, priority, ...(batch !== undefined && { batch }) });
  const account = ctx.accounts.get(name);
  if (account) {
    const hint = callbackTaskId === undefined ? {} : { callbackTaskId };
    return { kind: "begun", intent: { ...of, account, attempt, runTimeClass, requeues, request, ...hint } };
  }
  const note = `account ${name} is not configured here`;
  await ctx.transitions.requeue(of, note, { lane: "backoff", inMs: 60_000 });
  return { kind: "over", note };
}

const notConfirmed = "not sent: no replica of Redis has the intent";

/** An intent that a failover could lose is none: nothing is sent for it. */
async function requeueUnconfirmed(error: unknown, of: Of, ctx: Context): Promise<{ kind: "unconfirmed" }> {
  if (!(error instanceof ledger.LedgerError) || error.kind !== "unconfirmed") throw error;
  ctx.log.warn({ event: "submit.unconfirmed", generation: of.id }, notConfirmed);
  await ctx.transitions.requeue(of, notConfirmed, { lane: "backoff", inMs: 2_000 });
  return { kind: "unconfirmed" };
}

/** The same for every POST of one attempt of one generation; also the id by which a provider that keeps ours is asked for its task. */
export function idempotencyKeyOf({ id, attempt }: { id: string; attempt: number }): string {
  return `${id}.${attempt}`;
}
