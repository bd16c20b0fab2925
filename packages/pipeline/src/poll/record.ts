import type { State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Account } from "../account.ts";
import type { Deps } from "../deps.ts";
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
    answers.map(({ watched }) => watched.runTimeClass),
  );
  const judged = answers.map((answer) => ({
    answer,
    judgement: judge(answer.watched, answer.progress, redisNow(answer, deps), account, deps),
  }));
  await Promise.all([writeLooks(lane, judged, account, deps), writeEnds(judged, account, deps, freed)]);
}

interface Judged {
  answer: Answer;
  judgement: Judgement;
}

/** The end of one task, written. */
interface Ended {
  answer: Answer;
  judgement: Judgement;
  moved: ledger.Moved;
  to: State;
  note?: string;
}

async function writeEnds(
  judged: readonly Judged[],
  account: Account,
  deps: Deps,
  freed: (account: string) => void,
): Promise<void> {
  const written = await Promise.all(judged.map((each) => writeEnd(each, account, deps)));
  const ended = written.filter((each) => each !== undefined);
  if (ended.length === 0) return;
  freed(account.name);
  for (const { answer } of ended) await deps.reached?.("poll:after-move", answer.watched.id);
  await handOver(ended, deps);
  for (const { answer } of ended) await deps.reached?.("poll:after-jobs", answer.watched.id);
  await deps.runTimes.learn(runsOf(judged));
  tell(ended, account, deps);
}

function tell(ended: readonly Ended[], { name }: Account, deps: Deps): void {
  for (const { answer, moved, to, note } of ended) {
    if (moved.kind !== "moved") continue;
    const { id, taskId } = answer.watched;
    deps.log.info({ generation: id, taskId, account: name, to, note }, "task ended");
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

/** The change of state that an answer means; undefined where it means none. */
async function writeEnd({ answer, judgement }: Judged, account: Account, deps: Deps): Promise<Ended | undefined> {
  const { id, taskId, lane } = answer.watched;
  const { transitions, timing } = deps;
  if (judgement.kind === "look") return undefined;
  if (judgement.kind === "finished") {
    const from = lane === "watch" ? ("expired" as const) : ("running" as const);
    const moved = await transitions.finishTask({ id, taskId, from }, judgement.task, timing.finalizeLeaseMs);
    return { answer, judgement, moved, to: "finalizing" };
  }
  if (lane === "watch") {
    // It stays expired: that its task has ended too changes nothing but the slot.
    await ledger.release(deps.cell, id, "expired", { unwatch: true });
    return undefined;
  }
  if (judgement.kind === "failed") {
    return { answer, judgement, ...(await afterFailure({ id, taskId }, judgement.failure, account, deps)) };
  }
  const { state } = judgement;
  return { answer, judgement, moved: await transitions.endAsProviderSays(id, taskId, state), to: state };
}

async function handOver(ended: readonly Ended[], deps: Deps): Promise<void> {
  const jobs = ended.flatMap(({ answer, judgement, moved }) => {
    if (judgement.kind !== "finished" || (moved.kind !== "moved" && moved.kind !== "already")) return [];
    return [{ generation: answer.watched.id, n: moved.dispatchSeq, priority: judgement.task.finalizePriority }];
  });
  await deps.queues.add("finalize", jobs);
}

function runsOf(judged: readonly Judged[]): { class: string; ms: number }[] {
  return judged.flatMap(({ answer, judgement }) =>
    judgement.kind === "finished" && answer.watched.lane === "poll"
      ? [{ class: answer.watched.runTimeClass, ms: judgement.ranMs }]
      : [],
  );
}
