import type { GenerationRequest, JobRef } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { requeueUnsent } from "./requeue.ts";

/** A durable intent: from here on the provider may charge. */
export interface Intent {
  id: string;
  account: Account;
  attempt: number;
  runTimeClass: string;
  /** How often this attempt was requeued, unsent. */
  requeues: number;
  request: GenerationRequest;
  /** Its callback URL has the token of an older version, which began it: a repeated POST has the same bytes. */
  hasOldCallback?: true;
  /** The task of this attempt that a callback named. */
  callbackTaskId?: string;
  token: string;
}

export type IntentResult = { kind: "written"; intent: Intent } | { kind: "skipped"; note: string };

/** Writes the intent. `skipped`: nothing may be sent, because the job is stale or its generation changed. */
export async function beginIntent(job: JobRef, token: string, ctx: Context): Promise<IntentResult> {
  const { generation: id } = job;
  const moved = await ctx.transitions
    .begin(job, { token, leaseMs: ctx.timing.submitLeaseMs })
    .catch((error: unknown) => requeueUnconfirmed(error, { id, token }, ctx));
  switch (moved.kind) {
    case "unconfirmed":
      return { kind: "skipped", note: notConfirmed };
    case "moved":
    case "already":
      return intentOf({ id, token }, moved.wanted, moved.request, ctx);
    case "canceling":
      await ctx.transitions.cancel(id, ["queued"], "canceled before it was sent");
      return { kind: "skipped", note: "canceled before it was sent" };
    case "given_back":
      ctx.meters.givenBack.inc({ account: moved.account, why: moved.why });
      return { kind: "skipped", note: `given back: account ${moved.why}` };
    case "stale":
    case "conflict":
    case "orphaned":
      return { kind: "skipped", note: `nothing to do: it is ${moved.state} under another dispatch` };
    case "taken":
    case "missing":
      return { kind: "skipped", note: "nothing to do: there is no such generation any more" };
  }
}

type IntentRef = Pick<Intent, "id" | "token">;

async function intentOf(
  of: IntentRef,
  wanted: Partial<ledger.GenerationRecord>,
  frozen: string,
  ctx: Context,
): Promise<IntentResult> {
  const { account: name = "", attempt = 1, runTimeClass = "", requeues = 0, callbackTaskId } = wanted;
  const { tenant = "default", priority = 0, batch } = wanted;
  const request = ledger.parseRequest(frozen, {
    account: name,
    tenant,
    priority,
    ...(batch !== undefined && { batch }),
  });
  const account = ctx.accounts.get(name);
  if (account) {
    const hint = callbackTaskId === undefined ? {} : { callbackTaskId };
    return { kind: "written", intent: { ...of, account, attempt, runTimeClass, requeues, request, ...hint } };
  }
  const note = `account ${name} is not configured here`;
  await requeueUnsent(of, { note, due: { lane: "backoff", inMs: 60_000 } }, ctx);
  return { kind: "skipped", note };
}

const notConfirmed = "not sent: no replica of Redis has the intent";

/**
 * Requeues a generation whose intent no replica confirmed, or of which Redis gave no answer: it may be stored, and a
 * failover could lose it, so nothing is sent.
 */
async function requeueUnconfirmed(error: unknown, of: IntentRef, ctx: Context): Promise<{ kind: "unconfirmed" }> {
  if (!ledger.isTransient(error)) throw error;
  ctx.log.warn({ event: "submit.unconfirmed", generation: of.id, err: error }, notConfirmed);
  await requeueUnsent(of, { note: notConfirmed, due: { lane: "backoff", inMs: 2_000 } }, ctx);
  return { kind: "unconfirmed" };
}

/**
 * The same for every POST of one attempt. Providers with a client id keep it beside the task, and it finds the task
 * again.
 */
export function idempotencyKeyOf({ id, attempt }: { id: string; attempt: number }): string {
  return `${id}.${attempt}`;
}
