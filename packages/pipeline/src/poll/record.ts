import * as ledger from "@reelqueue/ledger";
import type { Account } from "../account.ts";
import type { Deps } from "../deps.ts";
import { announceEnding } from "../event.ts";
import { fence } from "../rule.ts";
import { operationToken } from "../token.ts";
import type { Answer } from "./index.ts";
import { type Judgement, judge } from "./judge.ts";
import { afterFailure } from "./retry.ts";

/** Writes one batch of answers: looks again, hands finished tasks to the finalizer, ends what has ended. */
export async function record(
  lane: "poll" | "watch",
  answers: readonly Answer[],
  account: Account,
  deps: Deps,
  freed: (account: string) => void,
): Promise<void> {
  await deps.runTimes.meet(
    account,
    answers.map(({ watched }) => watched.class),
  );
  const judged = answers.map((answer) => ({
    answer,
    judgement: judge(answer.watched, answer.progress, redisNow(answer, deps), account, deps),
  }));
  await Promise.all([writeLooks(lane, judged, account, deps), writeMoves(judged, account, deps, freed)]);
}

interface Judged {
  answer: Answer;
  judgement: Judgement;
}

async function writeMoves(
  judged: readonly Judged[],
  account: Account,
  deps: Deps,
  freed: (account: string) => void,
): Promise<void> {
  const moves = (
    await Promise.all(judged.map(({ answer, judgement }) => moveOf(answer, judgement, account, deps)))
  ).filter((step) => step !== undefined);
  if (moves.length === 0) return;
  const moved = await ledger.moveAll(deps.cell, moves);
  freed(account.name);
  for (const { id } of moves) await deps.reached?.("poll:after-move", id);
  await handOver(judged, moves, moved, deps);
  for (const { id } of moves) await deps.reached?.("poll:after-jobs", id);
  await deps.runTimes.learn(runsOf(judged));
  tell(
    judged,
    moves.filter((_, i) => moved[i]?.kind === "moved"),
    account,
    deps,
  );
}

function tell(judged: readonly Judged[], moves: readonly ledger.Move[], { name }: Account, deps: Deps): void {
  const taskOf = new Map(judged.map(({ answer: { watched } }) => [watched.id, watched.task]));
  for (const { id, to, note } of moves) {
    deps.log.info({ generation: id, taskId: taskOf.get(id), account: name, to, note }, "task ended");
    if (to !== "finalizing") deps.meters.ends.inc({ account: name, state: to });
  }
}

/** Redis' clock when the task was claimed, or its lease renewed. */
function redisNow({ lease }: Answer, deps: Deps): number {
  return Number(lease) - deps.timing.lookLeaseMs;
}

async function writeLooks(
  lane: "poll" | "watch",
  judged: readonly Judged[],
  account: Account,
  deps: Deps,
): Promise<void> {
  const byLease = new Map<string, ledger.Look[]>();
  for (const { answer, judgement } of judged) {
    if (answer.progress.kind === "pending" && !answer.progress.known)
      deps.meters.unknownStatuses.inc({ account: account.name });
    if (judgement.kind !== "look") continue;
    byLease.set(answer.lease, [...(byLease.get(answer.lease) ?? []), judgement.look]);
    if (judgement.throttleMs !== undefined) {
      await ledger.throttle(deps.cell, account.name, judgement.throttleMs, account.looks ? "looks" : "tokens");
    }
    if (judgement.pause !== undefined) {
      await ledger.pause(deps.cell, account.name, judgement.pause, { automatic: true });
      deps.log.error({ account: account.name }, `account paused: ${judgement.pause}`);
    }
  }
  await Promise.all([...byLease].map(([lease, looks]) => ledger.polled(deps.cell, lane, account.name, lease, looks)));
}

async function moveOf(
  { watched }: Answer,
  judgement: Judgement,
  account: Account,
  deps: Deps,
): Promise<ledger.Move | undefined> {
  if (judgement.kind === "look") return undefined;
  if (judgement.kind === "finished") return judgement.move;
  if (watched.lane === "watch") {
    // It stays expired: that its task has ended too changes nothing but the slot.
    await ledger.release(deps.cell, watched.id, "expired", { unwatch: true });
    return undefined;
  }
  if (judgement.kind === "failed") return afterFailure(watched, judgement.failure, account, deps);
  return {
    id: watched.id,
    from: ["running"],
    to: judgement.state,
    token: operationToken(),
    ...fence(deps, { task: watched.task }),
    note: `the provider says ${judgement.state}`,
    ...(await announceEnding(deps, watched.id, { state: judgement.state })),
  };
}

async function handOver(
  judged: readonly Judged[],
  moves: readonly ledger.Move[],
  moved: readonly ledger.Moved[],
  deps: Deps,
): Promise<void> {
  const urgency = new Map(
    judged.flatMap(({ answer, judgement }) =>
      judgement.kind === "finished" ? [[answer.watched.id, judgement.urgency] as const] : [],
    ),
  );
  const jobs = moves.flatMap(({ id, to }, i) => {
    const result = moved[i];
    if (to !== "finalizing" || (result?.kind !== "moved" && result?.kind !== "already")) return [];
    return [{ generation: id, n: Number(result.n), priority: urgency.get(id) ?? 1 }];
  });
  await deps.queues.add("finalize", jobs);
}

function runsOf(judged: readonly Judged[]): { class: string; ms: number }[] {
  return judged.flatMap(({ answer, judgement }) =>
    judgement.kind === "finished" && answer.watched.lane === "poll"
      ? [{ class: answer.watched.class, ms: judgement.ranMs }]
      : [],
  );
}
