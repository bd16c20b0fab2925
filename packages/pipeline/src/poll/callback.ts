import * as ledger from "@reelqueue/ledger";
import { readCallbackToken } from "../callback-url.ts";
import type { Context } from "../context.ts";

export interface IncomingCallback {
  account: string;
  token: string;
  raw: Buffer;
  headers: Readonly<Record<string, string | undefined>>;
}

export type CallbackOutcome =
  /** The task is due now. Also the outcome of a duplicate. */
  | { kind: "heard" }
  /** The token is not genuine; the answer does not tell whether the account exists. */
  | { kind: "unknown" }
  | { kind: "forged"; message: string }
  | { kind: "unreadable"; message: string };

/**
 * Handles a provider's callback. It is only a hint: its task becomes due now, and its task id is stored while the
 * generation is `unknown`.
 */
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
