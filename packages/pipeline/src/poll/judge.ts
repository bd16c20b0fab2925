import type { Failure } from "@reelqueue/contracts";
import type { Look, Move } from "@reelqueue/ledger";
import type { Progress, RemoteOutput } from "@reelqueue/providers";
import type { Account } from "../account.ts";
import { fullJitterMs, jittered } from "../backoff.ts";
import type { Deps } from "../deps.ts";
import { fence } from "../rule.ts";
import { operationToken } from "../token.ts";
import { lookInMs } from "./schedule.ts";

/** One claimed task, as texts of its record ("" where it has none). */
export interface Watched {
  id: string;
  task: string;
  class: string;
  attempt: string;
  polls: string;
  /** When it began to run, ms. */
  at: string;
  misses: string;
  trouble: string;
  progress: string;
  seen: string;
  lane: string;
}

/** What an answer means for the generation: look again, or move. `ending`: the move announces itself. */
export type Judgement =
  | { kind: "look"; look: Look; throttleMs?: number; pause?: "bad key" | "balance" }
  | { kind: "finished"; move: Move; urgency: number; ranMs: number }
  | { kind: "failed"; failure: Failure }
  | { kind: "ended"; state: "canceled" | "expired" };

/** How long an expired task is watched for a late success, and how often (provider's ms). */
const watchForMs = 24 * 3_600_000;
const watchEveryMs = 600_000;

/** Three misses in a row, this far apart (provider's ms), are believed. */
const missApartMs = 30_000;
const missesBelieved = 3;

/** Judges one answer. `nowMs` is Redis' clock. */
export function judge(watched: Watched, progress: Progress, nowMs: number, account: Account, deps: Deps): Judgement {
  const ageMs = nowMs - Number(watched.at);
  const polls = String(Number(watched.polls) + 1);
  const look = (nextInMs: number, set: Look["set"]): Look => ({ id: watched.id, nextInMs, set: { polls, ...set } });
  switch (progress.kind) {
    case "pending":
      return pending(watched, progress.progress, ageMs, account, deps, look);
    case "succeeded":
      return finished(watched, progress, ageMs, nowMs, account, deps);
    case "failed":
      return { kind: "failed", failure: progress.failure };
    case "canceled":
    case "expired":
      return { kind: "ended", state: progress.kind };
    case "missing":
      return missed(watched, progress.message, nowMs, account, look);
    case "throttled": {
      const throttleMs = progress.retryAfterMs ?? 5_000 / account.timeScale;
      return { kind: "look", look: look(jittered(throttleMs, deps.random), {}), throttleMs };
    }
    case "blocked":
      return { kind: "look", look: look(60_000, {}), pause: progress.reason === "key" ? "bad key" : "balance" };
    case "unreachable": {
      const trouble = Number(watched.trouble) + 1;
      const wait = fullJitterMs(trouble, deps.random, { baseMs: 1_000, capMs: 60_000 }) / account.timeScale;
      return { kind: "look", look: look(200 / account.timeScale + wait, { trouble: String(trouble) }) };
    }
  }
}

function pending(
  watched: Watched,
  progress: number | undefined,
  ageMs: number,
  account: Account,
  deps: Deps,
  look: (nextInMs: number, set: Look["set"]) => Look,
): Judgement {
  const providerAgeMs = ageMs * account.timeScale;
  const longest = watched.lane === "watch" ? watchForMs : account.provider.capabilities.longestRunMs.value;
  if (providerAgeMs > longest) return { kind: "ended", state: "expired" };
  const nextInMs =
    watched.lane === "watch"
      ? jittered(watchEveryMs, deps.random) / account.timeScale
      : lookInMs(account, watched.class, ageMs, deps);
  const calm = { ...(watched.misses !== "" && { misses: "0" }), ...(watched.trouble !== "" && { trouble: "0" }) };
  return {
    kind: "look",
    look: look(nextInMs, { seen: String(Math.round(ageMs)), ...calm, ...risen(watched, progress) }),
  };
}

/** Progress only rises: an answer that arrives late does not turn it back. */
function risen(watched: Watched, progress: number | undefined): Look["set"] {
  return progress !== undefined && progress > Number(watched.progress)
    ? { progress: String(Math.min(100, Math.round(progress))) }
    : {};
}

function finished(
  watched: Watched,
  { outputs, usage }: { outputs: RemoteOutput[]; usage?: Record<string, number> },
  ageMs: number,
  nowMs: number,
  account: Account,
  deps: Deps,
): Judgement {
  const until = outputs.map(({ life }) => {
    if (life === undefined) return Number.POSITIVE_INFINITY;
    return "untilMs" in life ? life.untilMs : nowMs + life.lastsMs / account.timeScale;
  });
  const urgency = urgencyOf(Math.min(...until));
  return {
    kind: "finished",
    urgency,
    // It ended somewhere between the last look and this one: half-way is taken.
    ranMs: ((Number(watched.seen) + ageMs) / 2) * account.timeScale,
    move: {
      id: watched.id,
      from: watched.lane === "watch" ? ["expired"] : ["running"],
      to: "finalizing",
      token: operationToken(),
      ...fence(deps, { task: watched.task }),
      handover: true,
      due: { lane: "finalize", inMs: deps.timing.finalizeLeaseMs },
      set: {
        remote: JSON.stringify(outputs),
        urgency: String(urgency),
        polls: String(Number(watched.polls) + 1),
        progress: "100",
        ...(usage !== undefined && { usage: JSON.stringify(usage) }),
      },
      unset: ["misses", "trouble"],
      ...(watched.lane === "watch" && { note: "paid, recovered: it finished after we had given up" }),
    },
  };
}

/** BullMQ takes priorities up to 2,097,151, low first: minutes since the start of 2026 until the URL dies. */
function urgencyOf(untilMs: number): number {
  const minutes = Math.floor((untilMs - Date.UTC(2026, 0, 1)) / 60_000);
  return Number.isFinite(minutes) ? Math.min(2_000_000, Math.max(1, minutes)) : 2_000_000;
}

function missed(
  watched: Watched,
  message: string,
  nowMs: number,
  account: Account,
  look: (nextInMs: number, set: Look["set"]) => Look,
): Judgement {
  const [count = 0, last = 0] = watched.misses.split("@").map(Number);
  const apart = missApartMs / account.timeScale;
  const counted = count === 0 || nowMs - last >= apart * 0.99 ? count + 1 : count;
  if (counted >= missesBelieved) {
    return {
      kind: "failed",
      failure: {
        class: "output_lost",
        code: "not_found",
        message: `the provider no longer knows this task: ${message}`,
      },
    };
  }
  return { kind: "look", look: look(apart, { misses: `${counted}@${counted > count ? nowMs : last}` }) };
}
