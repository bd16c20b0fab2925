import type { Failure } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../account.ts";
import { fullJitterMs } from "../backoff.ts";
import type { Deps } from "../deps.ts";
import { eventOf } from "../event.ts";
import { fence } from "../rule.ts";
import { operationToken } from "../token.ts";
import type { Watched } from "./judge.ts";

/**
 * The move after a task has failed: a new paid attempt where that cannot cost anything twice (the provider's own failure, and a provider
 * known not to charge failed tasks), else the end. `undefined`: the record is gone.
 */
export async function afterFailure(
  { id, task }: Pick<Watched, "id" | "task">,
  failure: Failure,
  account: Account,
  deps: Deps,
): Promise<ledger.Move | undefined> {
  const found = await ledger.read(deps.cell, id);
  if (!found) return undefined;
  const { record, request } = found;
  const attempt = Number(record.attempt);
  const text = JSON.stringify({ ...failure, message: failure.message.slice(0, 500).toWellFormed() });
  const retry =
    failure.class === "upstream" &&
    account.retriesFailures &&
    attempt < request.maxAttempts &&
    record.cancel === undefined &&
    record.state === "running";
  if (retry) {
    return {
      id,
      from: ["running"],
      to: "queued",
      token: operationToken(),
      ...fence(deps, { task }),
      due: {
        lane: "backoff",
        inMs: fullJitterMs(attempt, deps.random, { baseMs: 5_000, capMs: 300_000 }) / account.timeScale,
      },
      ...newAttempt(record),
      note: `attempt ${attempt} failed (${failure.message}); another one follows`,
    };
  }
  const cost = { costMicroUsd: account.retriesFailures ? 0 : Number(record.held ?? 0) };
  const event = eventOf(found, { state: "failed", failure, ...cost }, deps.publicUrl);
  return {
    id,
    from: ["running"],
    to: "failed",
    token: operationToken(),
    ...fence(deps, { task }),
    set: { failure: text },
    note: failure.message,
    ...cost,
    ...(event !== undefined && { event }),
  };
}

/** What changes in a record when a new paid attempt begins; the old task stays known. */
export function newAttempt(record: ledger.StoredRecord): Pick<ledger.Move, "set" | "unset"> {
  const earlier = [record.earlier, record.task].filter((text) => text !== undefined).join(" ");
  return {
    set: { attempt: String(Number(record.attempt) + 1), submits: "0", ...(earlier !== "" && { earlier }) },
    unset: [
      "task",
      "remote",
      "urgency",
      "keeps",
      "usage",
      "progress",
      "polls",
      "misses",
      "trouble",
      "failure",
      "hint",
      "evidence",
      "cancel",
    ],
  };
}
