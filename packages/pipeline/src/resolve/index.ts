import * as ledger from "@reelqueue/ledger";
import { type Account, callsBack } from "../account.ts";
import { jittered } from "../backoff.ts";
import type { Deps } from "../deps.ts";
import type { Intent } from "../submit/index.ts";
import { post } from "../submit/post.ts";
import { bind } from "../submit/settle.ts";
import { operationToken } from "../token.ts";

const fields = ["attempt", "class", "submits", "at", "hint", "trouble"] as const;
type Lost = ledger.Claimed<(typeof fields)[number]>["items"][number];

/** Finds out what became of lost POSTs of one account, by what its provider can do. Returns how many were looked at. */
export async function resolve(account: Account, deps: Deps): Promise<number> {
  const { items, lease } = await ledger.claim(deps.cell, "unknown", account.name, fields, {
    limit: 20,
    leaseMs: deps.timing.submitLeaseMs,
  });
  await Promise.all(items.map((item) => resolveOne(item, lease, account, deps)));
  return items.length;
}

async function resolveOne(lost: Lost, lease: string, account: Account, deps: Deps): Promise<void> {
  const found = await ledger.read(deps.cell, lost.id);
  if (!found) return;
  const intent: Intent = {
    id: lost.id,
    account,
    attempt: lost.attempt,
    class: lost.class,
    submits: Number(lost.submits),
    request: found.request,
    token: operationToken(),
  };
  const { resolve: means, idempotencyLifeMs } = account.provider.capabilities;
  if (lost.hint !== "" && (await confirmed(lost.hint, account, deps))) {
    await bind(intent, lost.hint, deps);
    return;
  }
  const sinceLostMs = Number(lease) - deps.timing.submitLeaseMs - Number(lost.at);
  // The key is as old as the POST, which began at most one submit lease before it was lost.
  const keyAgeMs = (sinceLostMs + deps.timing.submitLeaseMs) * account.timeScale;
  if (means.includes("idempotencyKey") && keyAgeMs < (idempotencyLifeMs?.value ?? 0))
    return sameKeyAgain(intent, lost, lease, deps);
  await giveToReview(intent, lost, lease, means.includes("callback") && callsBack(account, deps.publicUrl), deps);
}

/** A callback told a task id: believed when the provider knows the task. */
async function confirmed(taskId: string, account: Account, deps: Deps): Promise<boolean> {
  const progress = await account.provider.poll(taskId, {
    http: deps.http,
    baseUrl: account.baseUrl,
    key: account.key.reveal(),
    signal: AbortSignal.timeout(deps.timing.lookMs),
  });
  return ["pending", "succeeded", "failed", "canceled", "expired"].includes(progress.kind);
}

/** The provider makes one task of all POSTs with one key, so the same POST is safe and tells the task. */
async function sameKeyAgain(intent: Intent, lost: Lost, lease: string, deps: Deps): Promise<void> {
  const outcome = await post(intent, deps);
  deps.meters.submits.inc({ account: intent.account.name, outcome: `resolve-${outcome.kind}` });
  switch (outcome.kind) {
    case "accepted":
      await bind(intent, outcome.taskId, deps);
      return;
    case "rejected":
      return provenAbsent(intent, outcome.failure.message, deps);
    case "throttled":
      return lookAgain(intent, lost, lease, outcome.retryAfterMs ?? 5_000 / intent.account.timeScale, deps);
    case "blocked":
      return lookAgain(intent, lost, lease, 60_000, deps);
    case "unsent":
    case "unknown":
      return lookAgain(intent, lost, lease, Math.min(60_000, 2_000 * 2 ** Number(lost.trouble)), deps);
  }
}

/** Had there been a task under this key, the provider would have named it instead of refusing. The next submit will be refused for good. */
async function provenAbsent(intent: Intent, why: string, deps: Deps): Promise<void> {
  await ledger.move(deps.cell, {
    id: intent.id,
    from: ["unknown"],
    to: "queued",
    token: intent.token,
    due: { lane: "backlog" },
    note: `no task exists: the same POST was refused (${why})`,
  });
}

async function lookAgain(intent: Intent, lost: Lost, lease: string, inMs: number, deps: Deps): Promise<void> {
  const look = {
    id: intent.id,
    nextInMs: jittered(inMs, deps.random),
    set: { trouble: String(Number(lost.trouble) + 1) },
  };
  await ledger.polled(deps.cell, "unknown", intent.account.name, lease, [look]);
}

/** Nothing can tell: a person has to. A provider that calls back gets the quiet window first. */
async function giveToReview(
  intent: Intent,
  lost: Lost,
  lease: string,
  awaitCallback: boolean,
  deps: Deps,
): Promise<void> {
  const quietLeftMs = deps.timing.quietMs - (Number(lease) - deps.timing.submitLeaseMs - Number(lost.at));
  if (awaitCallback && quietLeftMs > 0) return lookAgain(intent, lost, lease, quietLeftMs, deps);
  await ledger.move(deps.cell, {
    id: intent.id,
    from: ["unknown"],
    to: "needs_review",
    token: intent.token,
    due: { lane: "review", inMs: intent.account.provider.capabilities.longestRunMs.value / intent.account.timeScale },
    note: "the provider offers no way to find out",
  });
  deps.meters.alarms.inc({ kind: "needs-review" });
  deps.log.error(
    { generation: intent.id, account: intent.account.name },
    "a submit could not be resolved: settle it with ./reelqueue review",
  );
}
