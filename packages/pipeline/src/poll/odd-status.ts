import * as ledger from "@reelqueue/ledger";
import type { PollResult } from "@reelqueue/providers";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import type { PolledTask } from "./evaluate.ts";

/** After this many words of one account a process reports no new one: they may be texts that never repeat. */
const mostWords = 20;
const reported = new WeakMap<Account, Set<string>>();

/** Reports a status that no document of the provider names: one alarm for each account and word. */
export async function reportOddStatus(
  { id, taskId }: Pick<PolledTask, "id" | "taskId">,
  result: PollResult,
  { account }: { account: Account },
  ctx: Context,
): Promise<void> {
  const status = oddStatusOf(result)?.slice(0, 100);
  if (status === undefined) return;
  ctx.meters.unknownStatuses.inc({ account: account.name });
  const words = reported.get(account) ?? new Set();
  reported.set(account, words);
  if (words.has(status) || words.size >= mostWords) return;
  words.add(status);
  if (!(await ledger.noteOddStatus(ctx.cell, account.name, status))) return;
  ctx.meters.alarms.inc({ kind: "unknown-status" });
  ctx.log.error(
    { event: "poll.unknown_status", generation: id, taskId, account: account.name, status },
    "the provider uses a status that no document names",
  );
}

function oddStatusOf(result: PollResult): string | undefined {
  if (result.kind === "succeeded") return result.unknownStatus;
  return result.kind === "pending" && !result.known ? result.status : undefined;
}
