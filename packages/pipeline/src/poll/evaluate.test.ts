import type { PollResult } from "@reelqueue/providers";
import { providers } from "@reelqueue/providers";
import { expect, test } from "vitest";
import { type Account, providerClock } from "../accounts.ts";
import { evaluatePoll, type PolledTask } from "./evaluate.ts";
import { estimateRunTimes } from "./schedule.ts";

const now = Date.UTC(2026, 10, 20);
const account = { provider: providers.jiekou, clock: providerClock(1), limits: { slots: 10 } } as unknown as Account;
const ctx = {
  random: () => 0.5,
  callbackTrust: { expects: () => false },
  runTimes: { of: () => estimateRunTimes(120_000, []) },
  nowMs: now,
};
const polledTask = (changes: Partial<PolledTask> = {}): PolledTask => ({
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
const evaluated = (result: PollResult, changes: Partial<PolledTask> = {}) =>
  evaluatePoll(polledTask(changes), result, account, ctx);
const pending = (progress?: number): PollResult => ({
  kind: "pending",
  phase: "running",
  status: "x",
  known: true,
  ...(progress !== undefined && { progress }),
});

test("progress never falls", () => {
  expect(evaluated(pending(55))).toMatchObject({ set: { progress: 55, polls: 3, ageAtLastPollMs: 60_000 } });
  expect(evaluated(pending(20))).toMatchObject({
    kind: "reschedule",
    set: expect.not.objectContaining({ progress: expect.anything() }),
  });
});

test("pending beyond the longest run → overdue; on the watch lane polled on for 24 h", () => {
  expect(evaluated(pending(), { stateChangedAtMs: now - 3 * 3_600_000 })).toEqual({
    kind: "overdue",
    why: "given up after 120 min; last status x",
  });
  expect(evaluated(pending(), { stateChangedAtMs: now - 3 * 3_600_000, lane: "watch" })).toMatchObject({
    kind: "reschedule",
  });
  expect(evaluated(pending(), { stateChangedAtMs: now - 25 * 3_600_000, lane: "watch" })).toEqual({
    kind: "ended",
    state: "expired",
  });
});

test("a status that no document names is noted when it is first seen", () => {
  const odd: PollResult = { kind: "pending", phase: "running", status: "reviewing", known: false };
  expect(evaluated(odd)).toMatchObject({ set: { oddStatus: { status: "reviewing", atMs: now } } });
  const seen = { oddStatus: { status: "reviewing", atMs: 1 } };
  expect(evaluated(odd, seen)).toMatchObject({ set: expect.not.objectContaining({ oddStatus: expect.anything() }) });
});

test("an unknown status beside a video finishes the task, and its outputs are marked as tentative", () => {
  const outputs = [{ kind: "video" as const, url: "https://x/1.mp4" }];
  expect(evaluated({ kind: "succeeded", outputs, unknownStatus: "archived" })).toMatchObject({
    kind: "finished",
    task: { remoteOutputs: [{ tentative: true }], oddStatus: { status: "archived", atMs: now } },
  });
});

test("missing: output_lost only after three 404s in a row, 30 s apart", () => {
  const missing: PollResult = { kind: "missing", message: "404" };
  expect(evaluated(missing)).toMatchObject({
    kind: "reschedule",
    nextInMs: 30_000,
    set: { missingPolls: { count: 1, atMs: now } },
  });
  expect(evaluated(missing, { missingPolls: { count: 1, atMs: now - 1_000 } })).toMatchObject({
    kind: "reschedule",
    set: { missingPolls: { count: 1, atMs: now - 1_000 } },
  });
  expect(evaluated(missing, { missingPolls: { count: 2, atMs: now - 30_000 } })).toMatchObject({
    kind: "failed",
    failure: { class: "output_lost" },
  });
  expect(evaluated(pending(), { missingPolls: { count: 2, atMs: 1 } })).toMatchObject({
    kind: "reschedule",
    set: { missingPolls: { count: 0, atMs: 0 } },
  });
});

test("unreachable: backs off, and never fails the generation", () => {
  for (const consecutiveErrors of [0, 3, 500]) {
    const decision = evaluated({ kind: "unreachable", message: "HTML" }, { consecutiveErrors });
    expect(decision.kind).toBe("reschedule");
    if (decision.kind === "reschedule") expect(decision.nextInMs).toBeLessThanOrEqual(60_200);
  }
});

test("unusable answers: beyond the longest run, ten in a row → output_lost with the last one; the watch ends", () => {
  const unusable: PollResult = { kind: "unreachable", message: "Nothing usable: {}", unusable: true };
  const old = { stateChangedAtMs: now - 3 * 3_600_000, consecutiveErrors: 9 };
  expect(evaluated(unusable, old)).toEqual({
    kind: "failed",
    failure: {
      class: "output_lost",
      code: "no_usable_answer",
      message: "given up after 120 min; last answer: Nothing usable: {}",
    },
  });
  for (const more of [{ consecutiveErrors: 8 }, { stateChangedAtMs: now - 3_600_000 }])
    expect(evaluated(unusable, { ...old, ...more })).toMatchObject({
      kind: "reschedule",
      set: { pollFailure: "Nothing usable: {}" },
    });
  expect(evaluated({ kind: "unreachable", message: "ENOTFOUND" }, { ...old, consecutiveErrors: 500 })).toMatchObject({
    kind: "reschedule",
  });
  const watched = { ...old, stateChangedAtMs: now - 25 * 3_600_000, lane: "watch" } as const;
  expect(evaluated(unusable, watched)).toEqual({ kind: "ended", state: "expired" });
});

test("throttled → the account waits as asked; blocked → the account is paused", () => {
  expect(evaluated({ kind: "throttled", retryAfterMs: 9_000, message: "429" })).toMatchObject({
    kind: "reschedule",
    throttleMs: 9_000,
  });
  expect(evaluated({ kind: "blocked", reason: "balance", message: "402" })).toMatchObject({
    kind: "reschedule",
    blocked: { reason: "balance", message: "402" },
  });
});

test("a finished task is dispatched by how soon its URL expires", () => {
  const outputs = (life?: { untilMs: number } | { lastsMs: number }): PollResult => ({
    kind: "succeeded",
    outputs: [{ kind: "video", url: "https://x/1.mp4", ...(life && { life }) }],
  });
  const priority = (life?: { untilMs: number } | { lastsMs: number }) => {
    const decision = evaluated(outputs(life));
    return decision.kind === "finished" ? decision.task.finalizePriority : undefined;
  };
  const inAnHour = priority({ lastsMs: 3_600_000 });
  expect(inAnHour).toBe(priority({ untilMs: now + 3_600_000 }));
  expect(priority({ untilMs: now + 60_000 })).toBeLessThan(inAnHour ?? 0);
  expect(priority()).toBe(2_000_000);
  expect(evaluated(outputs())).toMatchObject({ kind: "finished", ranMs: 45_000 });
});
