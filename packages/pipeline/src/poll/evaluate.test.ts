import type { PollResult } from "@reelqueue/providers";
import { providers } from "@reelqueue/providers";
import { expect, test } from "vitest";
import type { Account } from "../accounts.ts";
import type { Context } from "../context.ts";
import { timing } from "../timing.ts";
import { evaluatePoll, type PolledTask } from "./evaluate.ts";
import { believe } from "./schedule.ts";

const now = Date.UTC(2026, 10, 20);
const account = { provider: providers.jiekou, timeScale: 1, limits: { slots: 10 } } as unknown as Account;
const ctx = {
  random: () => 0.5,
  timing,
  publicUrl: undefined,
  runTimes: { of: () => believe(120_000, []) },
} as unknown as Context;
const watched = (changes: Partial<PolledTask> = {}): PolledTask => ({
  id: "g",
  taskId: "t",
  runTimeClass: "c",
  polls: 2,
  stateChangedAtMs: now - 60_000,
  progress: 40,
  ageAtLastPollMs: 30_000,
  lane: "poll",
  ...changes,
});
const judged = (progress: PollResult, changes: Partial<PolledTask> = {}) =>
  evaluatePoll(watched(changes), progress, now, account, ctx);
const pending = (progress?: number): PollResult => ({
  kind: "pending",
  phase: "running",
  status: "x",
  known: true,
  ...(progress !== undefined && { progress }),
});

test("progress only rises", () => {
  expect(judged(pending(55))).toMatchObject({ set: { progress: 55, polls: 3, ageAtLastPollMs: 60_000 } });
  expect(judged(pending(20))).toMatchObject({
    kind: "reschedule",
    set: expect.not.objectContaining({ progress: expect.anything() }),
  });
});

test("a task that ran longer than any can is given up, and watched on", () => {
  expect(judged(pending(), { stateChangedAtMs: now - 3 * 3_600_000 })).toEqual({ kind: "overdue", ranMs: 7_200_000 });
  expect(judged(pending(), { stateChangedAtMs: now - 3 * 3_600_000, lane: "watch" })).toMatchObject({
    kind: "reschedule",
  });
  expect(judged(pending(), { stateChangedAtMs: now - 25 * 3_600_000, lane: "watch" })).toEqual({
    kind: "ended",
    state: "expired",
  });
});

test("a miss is believed only after three in a row, half a minute apart", () => {
  const missing: PollResult = { kind: "missing", message: "404" };
  expect(judged(missing)).toMatchObject({
    kind: "reschedule",
    nextInMs: 30_000,
    set: { missingPolls: { count: 1, atMs: now } },
  });
  expect(judged(missing, { missingPolls: { count: 1, atMs: now - 1_000 } })).toMatchObject({
    kind: "reschedule",
    set: { missingPolls: { count: 1, atMs: now - 1_000 } },
  });
  expect(judged(missing, { missingPolls: { count: 2, atMs: now - 30_000 } })).toMatchObject({
    kind: "failed",
    failure: { class: "output_lost" },
  });
  expect(judged(pending(), { missingPolls: { count: 2, atMs: 1 } })).toMatchObject({
    kind: "reschedule",
    set: { missingPolls: { count: 0, atMs: 0 } },
  });
});

test("trouble backs off and never fails anything by itself", () => {
  for (const consecutiveErrors of [0, 3, 500]) {
    const decision = judged({ kind: "unreachable", message: "HTML" }, { consecutiveErrors });
    expect(decision.kind).toBe("reschedule");
    if (decision.kind === "reschedule") expect(decision.nextInMs).toBeLessThanOrEqual(60_200);
  }
});

test("a wait that the provider asks for holds the account, a blocked key pauses it", () => {
  expect(judged({ kind: "throttled", retryAfterMs: 9_000, message: "429" })).toMatchObject({
    kind: "reschedule",
    throttleMs: 9_000,
  });
  expect(judged({ kind: "blocked", reason: "balance", message: "402" })).toMatchObject({
    kind: "reschedule",
    pause: "balance",
  });
});

test("a finished task is handed over by how soon its URL dies", () => {
  const outputs = (life?: { untilMs: number } | { lastsMs: number }): PollResult => ({
    kind: "succeeded",
    outputs: [{ kind: "video", url: "https://x/1.mp4", ...(life && { life }) }],
  });
  const urgency = (life?: { untilMs: number } | { lastsMs: number }) => {
    const decision = judged(outputs(life));
    return decision.kind === "finished" ? decision.task.finalizePriority : undefined;
  };
  const inAnHour = urgency({ lastsMs: 3_600_000 });
  expect(inAnHour).toBe(urgency({ untilMs: now + 3_600_000 }));
  expect(urgency({ untilMs: now + 60_000 })).toBeLessThan(inAnHour ?? 0);
  expect(urgency()).toBe(2_000_000);
  expect(judged(outputs())).toMatchObject({ kind: "finished", ranMs: 45_000 });
});
