import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import { newAttempt } from "../poll/retry.ts";
import { fence } from "../rule.ts";
import type { Lost } from "./index.ts";

/**
 * Where whoever pays prefers a possible second charge to a question (`onUnknown: "resubmit"`), begins a new attempt: counted as paid, and
 * as doubtful money up to the account's cap of the day. `false`: that is not wished, or not allowed any more.
 */
export async function sendAnew({ intent, since }: Lost, why: string, deps: Deps): Promise<boolean> {
  const { account, id, request } = intent;
  const { resubmit } = account;
  if ((request.onUnknown ?? resubmit.policy) !== "resubmit" || Number(intent.attempt) >= request.maxAttempts)
    return false;
  const found = await ledger.read(deps.cell, id);
  const held = found?.record.held;
  if (found === undefined || held === undefined) return false;
  // what nobody knows the price of cannot be kept within a cap
  if (found.record.estimate === undefined) return false;
  if (!(await ledger.doubt(deps.cell, account.name, Number(held), resubmit.capMicroUsd))) return false;
  await ledger.move(deps.cell, {
    id,
    from: ["unknown"],
    to: "queued",
    token: intent.token,
    ...fence(deps, { token: since }),
    due: { lane: "backlog" },
    ...newAttempt(found.record),
    costMicroUsd: Number(held),
    note: `sent anew, and maybe paid twice: ${why}`,
  });
  deps.meters.alarms.inc({ kind: "maybe-paid-twice" });
  deps.log.warn({ generation: id, account: account.name, why }, "a lost submit is sent anew: it may be paid twice");
  return true;
}
