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

/** The least time between two polls that callbacks of one generation cause (provider's ms). */
const gapMs = 2_000;

/**
 * Handles a provider's callback. It is only a hint: its task becomes due now, and a task id that it names counts only
 * once the provider knows it.
 */
export async function callback(
  incoming: IncomingCallback,
  ctx: Pick<Context, "cell" | "accounts" | "secrets" | "timing" | "log">,
): Promise<CallbackOutcome> {
  const account = ctx.accounts.get(incoming.account);
  const said = readCallbackToken(ctx.secrets.callbackKey, incoming.token, incoming.account);
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
  const { state } = await ledger.makeDueNow(ctx.cell, said.generation, ["poll", "watch", "unknown", "review"], {
    account: account.name,
    attempt: String(said.attempt),
    taskId: reading.taskId,
    hasOldToken: said.account === undefined,
    gapMs: account.clock.toRealMs(gapMs),
    lookUpInMs: ctx.timing.absencesApartMs,
  });
  return { kind: state === "refused" ? "unknown" : "heard" };
}
