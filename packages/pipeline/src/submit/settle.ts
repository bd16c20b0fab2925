import type { Failure, State } from "@reelqueue/contracts";
import * as ledger from "@reelqueue/ledger";
import type { Submitted } from "@reelqueue/providers";
import type { Verdict } from "@reelqueue/queue";
import { fullJitterMs } from "../backoff.ts";
import type { Deps } from "../deps.ts";
import { announceEnding } from "../event.ts";
import { insist } from "../insist.ts";
import { patienceWith } from "../patience.ts";
import { firstLookMs } from "../poll/schedule.ts";
import { fence } from "../rule.ts";
import type { Intent } from "./index.ts";

/** Writes what came of a POST; held in memory and tried again for as long as Redis is away. */
export async function settle(intent: Intent, outcome: Submitted, deps: Deps): Promise<Verdict> {
  const of = { generation: intent.id, account: intent.account.name };
  switch (outcome.kind) {
    case "accepted":
      return bind(intent, outcome.taskId, deps);
    case "rejected":
      await fail(intent, outcome.failure, deps);
      deps.log.info({ ...of, failure: outcome.failure }, "rejected by the provider");
      return { kind: "stop", reason: `${outcome.failure.class}: ${outcome.failure.message}` };
    case "blocked":
      await insist(deps, () => pauseAccount(intent, outcome.reason, deps));
      deps.meters.alarms.inc({ kind: `account-${outcome.reason}` });
      deps.log.error({ ...of, reason: outcome.reason }, `account paused: ${outcome.message}`);
      return giveBack(intent, outcome.message, { lane: "backlog" }, deps);
    case "throttled":
      await insist(deps, () =>
        ledger.throttle(deps.cell, intent.account.name, outcome.retryAfterMs ?? 5_000 / intent.account.timeScale),
      );
      return giveBack(intent, outcome.message, { lane: "backlog" }, deps);
    case "unsent": {
      const inMs = fullJitterMs(intent.submits, deps.random, { baseMs: 2_000, capMs: 300_000 });
      // while the provider is away, the others need not find that out one by one
      const awayMs = patienceWith(intent.account).waitMs();
      if (awayMs > 0) await insist(deps, () => ledger.throttle(deps.cell, intent.account.name, awayMs));
      return giveBack(intent, outcome.message, { lane: "backoff", inMs }, deps);
    }
    case "unknown":
      return deps.without === "no-blind-retry"
        ? giveBack(intent, outcome.message, { lane: "backlog" }, deps)
        : loseSight(intent, outcome, deps);
  }
}

/** The task is ours: bound to the generation once and for all. A late answer still finds its generation while that is unresolved. */
export async function bind(intent: Intent, taskId: string, deps: Deps): Promise<Verdict> {
  const of = { generation: intent.id, account: intent.account.name, taskId };
  const moved = await insist(deps, () =>
    ledger.move(deps.cell, {
      id: intent.id,
      from: ["submitting", "unknown", "needs_review"],
      to: "running",
      token: `${intent.token}+`,
      task: taskId,
      ...fence(deps, { attempt: intent.attempt, account: intent.account.name }),
      due: { lane: "poll", inMs: firstLookMs(intent.account, intent.class, deps) },
      set: { polls: "0" },
      unset: ["hint", "evidence", "misses", "trouble", "progress", "crashes", "silentAt"],
    }),
  );
  switch (moved.kind) {
    case "moved":
    case "already":
      deps.log.info(of, "task created");
      return { kind: "done", note: taskId };
    case "taken":
      deps.meters.alarms.inc({ kind: "task-taken" });
      deps.log.error({ ...of, by: moved.by }, "the provider gave a task id that belongs to another generation");
      return loseSight(intent, { message: `task id ${taskId} belongs to ${moved.by}`, evidence: taskId }, deps);
    case "orphaned":
      deps.meters.alarms.inc({ kind: "orphan" });
      deps.log.error(
        { ...of, state: moved.state },
        "a task came to light that the generation cannot take any more; it is listed among the orphans",
      );
      return { kind: "done", note: "a task that is not wanted any more: see orphans" };
    default:
      deps.log.warn({ ...of, moved }, "the answer came after its generation had moved on");
      return { kind: "done", note: `came late: ${moved.kind}` };
  }
}

function pauseAccount(intent: Intent, reason: "key" | "balance", deps: Deps): Promise<void> {
  return ledger.pause(deps.cell, intent.account.name, reason === "key" ? "bad key" : "balance", { automatic: true });
}

async function fail(intent: Intent, failure: Failure, deps: Deps): Promise<void> {
  await insist(deps, async () =>
    ledger.move(deps.cell, {
      id: intent.id,
      from: ["submitting"],
      to: "failed",
      token: `${intent.token}+`,
      ...fence(deps, { token: intent.token }),
      set: { failure: JSON.stringify(failure) },
      note: failure.message,
      costMicroUsd: 0,
      ...(await announceEnding(deps, intent.id, { state: "failed", failure })),
    }),
  );
  deps.meters.ends.inc({ account: intent.account.name, state: "failed" });
}

async function giveBack(
  intent: Intent,
  why: string,
  due: NonNullable<ledger.Move["due"]>,
  deps: Deps,
): Promise<Verdict> {
  await insist(deps, () =>
    ledger.move(deps.cell, {
      id: intent.id,
      from: ["submitting"],
      to: "queued",
      token: `${intent.token}+`,
      ...fence(deps, { token: intent.token }),
      due,
      set: { submits: String(intent.submits + 1) },
      note: `not sent: ${why}`,
    }),
  );
  return { kind: "done", note: `not sent: ${why}` };
}

async function loseSight(
  intent: Intent,
  { message, evidence }: { message: string; evidence: string },
  deps: Deps,
): Promise<Verdict> {
  const moved = await insist(deps, () =>
    ledger.move(deps.cell, {
      id: intent.id,
      from: ["submitting"],
      to: "unknown" satisfies State,
      token: `${intent.token}+`,
      ...fence(deps, { token: intent.token }),
      due: { lane: "unknown", inMs: 1_000 },
      set: { evidence: `${message}: ${evidence}`.slice(0, 500).toWellFormed() },
      note: message,
    }),
  );
  deps.log.warn(
    { generation: intent.id, account: intent.account.name, moved: moved.kind },
    `no certain answer to a POST: ${message}`,
  );
  return { kind: "done", note: `unknown: ${message}` };
}
