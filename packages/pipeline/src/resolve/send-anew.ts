import * as ledger from "@reelqueue/ledger";
import type { Deps } from "../deps.ts";
import type { Lost } from "./index.ts";

/**
 * Where whoever pays prefers a possible second charge to a question (`onUnknown: "resubmit"`), begins a new attempt: counted as paid, and
 * as doubtful money up to the account's cap of the day. `false`: that is not wished, or not allowed any more.
 */
export async function sendAnew(lost: Lost, why: string, deps: Deps): Promise<boolean> {
  const { account, id, request, attempt } = lost.intent;
  const { resubmit } = account;
  if ((request.onUnknown ?? resubmit.policy) !== "resubmit" || attempt >= request.maxAttempts) return false;
  const found = await ledger.read(deps.cell, id);
  const reserved = found?.record.reservedMicroUsd;
  if (found === undefined || reserved === undefined) return false;
  // what nobody knows the price of cannot be kept within a cap
  if (found.record.estimateMicroUsd === undefined) return false;
  if (!(await ledger.doubt(deps.cell, account.name, reserved, resubmit.capMicroUsd))) return false;
  await deps.transitions.resubmitAsNewAttempt(lost, found, why);
  deps.meters.alarms.inc({ kind: "maybe-paid-twice" });
  deps.log.warn({ generation: id, account: account.name, why }, "a lost submit is sent anew: it may be paid twice");
  return true;
}
