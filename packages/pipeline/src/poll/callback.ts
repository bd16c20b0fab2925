import * as ledger from "@reelqueue/ledger";
import { readCallbackToken } from "../callback-token.ts";
import type { Context } from "../context.ts";

export interface IncomingCallback {
  account: string;
  token: string;
  raw: Buffer;
  headers: Readonly<Record<string, string | undefined>>;
}

export type CallbackOutcome =
  /** Heard: the task is looked at now. Also what a duplicate gets. */
  | { kind: "heard" }
  /** No genuine token: nothing is said about what exists. */
  | { kind: "unknown" }
  | { kind: "forged"; message: string }
  | { kind: "unreadable"; message: string };

/** A provider's callback. Only ever a hint: it makes its task due now, and keeps the task id while ours is unknown. */
export async function callback(
  incoming: IncomingCallback,
  ctx: Pick<Context, "cell" | "accounts" | "secrets" | "log">,
): Promise<CallbackOutcome> {
  const account = ctx.accounts.get(incoming.account);
  const said = readCallbackToken(ctx.secrets.callbackKey, incoming.token);
  if (!account?.provider.callbacks || !said) return { kind: "unknown" };
  const reading = account.provider.callbacks.read({
    raw: incoming.raw,
    headers: incoming.headers,
    ...(account.callbackSecret !== undefined && { secret: account.callbackSecret.reveal() }),
    nowMs: Date.now(),
  });
  if (reading.kind !== "hint") {
    ctx.log.warn(
      { event: "callback.rejected", generation: said.generation, account: account.name },
      `callback rejected: ${reading.message}`,
    );
    return reading;
  }
  const { orphaned } = await ledger.makeDueNow(ctx.cell, said.generation, ["poll", "watch", "unknown", "review"], {
    taskId: reading.taskId,
    attempt: String(said.attempt),
    account: account.name,
  });
  if (orphaned)
    ctx.log.error(
      {
        event: "task.orphaned",
        source: "callback",
        generation: said.generation,
        account: account.name,
        taskId: reading.taskId,
      },
      "orphaned task recorded: a callback names a task that its generation does not own",
    );
  return { kind: "heard" };
}
