import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Account } from "./accounts.ts";
import { Clock } from "./clock.ts";
import { type FaultName, type FaultPlan, parseDirectives } from "./faults.ts";
import type { Task } from "./task.ts";
import { Tasks } from "./tasks.ts";

const factor = 10;
const providerMinuteMs = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Started {
  task: Task;
  tasks: Tasks;
  started: Task[];
  ended: Task[];
  account: Account;
}

function startTask(fault?: FaultName, more: Partial<Task["order"]> = {}): Started {
  const [started, ended]: [Task[], Task[]] = [[], []];
  const onEnd = async (task: Task): Promise<void> => void ended.push(task);
  const settings = { generationMs: { median: providerMinuteMs, sigma: 0 }, keepTasks: 10 };
  const clock = new Clock(factor);
  const tasks = new Tasks(clock, settings, { started: (task) => void started.push(task), ended: onEnd });
  const account = new Account("hiapi", "key", {}, clock);
  const plan: FaultPlan | undefined = fault && new Map([[fault, { left: 1 }]]);
  const order = {
    model: "m",
    resolution: "480p",
    seconds: 4,
    ratio: "1:1",
    returnLastFrame: false,
    microUsd: 1,
    ...more,
  };
  const { marker } = parseDirectives("[[marker:m]]");
  const task = tasks.start({ id: "id", number: 1, account, order, marker, chance: 7, plan });
  return { task, tasks, started, ended, account };
}

test("a task passes every phase over time; its end is announced once", async () => {
  const { task, tasks, ended, account } = startTask();
  const seen = [];
  for (const atMs of [0, 800, 1_000, 5_600, 5_800, 5_999, 6_000, 9_000]) {
    await vi.advanceTimersByTimeAsync(atMs - (Date.now() - task.acceptedAt));
    seen.push(`${atMs} ${tasks.phase(task)} ${tasks.progress(task)}`);
  }
  expect(seen).toEqual([
    "0 queued 0",
    "800 queued 13",
    "1000 running 16",
    "5600 running 93",
    "5800 archiving 96",
    "5999 archiving 99",
    "6000 succeeded 100",
    "9000 succeeded 100",
  ]);
  expect(ended).toEqual([task]);
  expect(task.endedAt - task.acceptedAt).toBe(6_000);
  expect([account.running, account.peakRunning]).toEqual([0, 1]);
});

test("a failing task never archives", async () => {
  const { task, tasks } = startTask("task-fails");
  await vi.advanceTimersByTimeAsync(5_900);
  expect(tasks.phase(task)).toBe("running");
  await vi.advanceTimersByTimeAsync(100);
  expect(tasks.phase(task)).toBe("failed");
});

test("slow takes five times as long", async () => {
  const { task, tasks } = startTask("slow");
  await vi.advanceTimersByTimeAsync(29_999);
  expect(tasks.phase(task)).toBe("archiving");
  await vi.advanceTimersByTimeAsync(1);
  expect(tasks.phase(task)).toBe("succeeded");
});

test("stuck runs forever", async () => {
  const { task, tasks, ended } = startTask("stuck");
  await vi.advanceTimersByTimeAsync(365 * 86_400_000);
  expect(tasks.phase(task)).toBe("running");
  expect(ended).toEqual([]);
});

test("a late timer changes neither the visible phase nor the end time", () => {
  const { task, tasks, ended } = startTask();
  vi.setSystemTime(task.acceptedAt + 20_000);
  expect(tasks.phase(task)).toBe("succeeded");
  expect(task.endedAt - task.acceptedAt).toBe(6_000);
  expect(ended).toEqual([task]);
});

test("an unfinished task expires exactly at its expiry time", async () => {
  const { task, tasks, ended, account } = startTask(undefined, { expiresAfterMs: 30_000 });
  await vi.advanceTimersByTimeAsync(2_999);
  expect(tasks.phase(task)).toBe("running");
  await vi.advanceTimersByTimeAsync(3_500);
  expect(tasks.phase(task)).toBe("expired");
  expect([ended, task.endedAt - task.acceptedAt, account.running]).toEqual([[task], 3_000, 0]);
});

test("a task finished before its expiry time never expires", async () => {
  const { task, tasks, ended } = startTask(undefined, { expiresAfterMs: 60_001 });
  await vi.advanceTimersByTimeAsync(7_000);
  expect(tasks.phase(task)).toBe("succeeded");
  expect(ended).toEqual([task]);
});

test("a stuck task still expires", async () => {
  const { task, tasks } = startTask("stuck", { expiresAfterMs: 100_000 });
  await vi.advanceTimersByTimeAsync(9_999);
  expect(tasks.phase(task)).toBe("running");
  await vi.advanceTimersByTimeAsync(1);
  expect(tasks.phase(task)).toBe("expired");
});

test("a start is announced once, on time, if the order has a callback URL", async () => {
  const { task, started, ended } = startTask(undefined, { callbackUrl: "http://127.0.0.1:9/" });
  await vi.advanceTimersByTimeAsync(899);
  expect(started).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect([started, task.startedAt - task.acceptedAt, ended]).toEqual([[task], 900, []]);
  await vi.advanceTimersByTimeAsync(9_000);
  expect([started, ended]).toEqual([[task], [task]]);
});

test("a review prolongs the time in the queue", async () => {
  const { task, tasks } = startTask(undefined, { reviewMs: 20_000 });
  await vi.advanceTimersByTimeAsync(2_899);
  expect(tasks.phase(task)).toBe("queued");
  await vi.advanceTimersByTimeAsync(1);
  expect(tasks.phase(task)).toBe("running");
  await vi.advanceTimersByTimeAsync(5_100);
  expect([tasks.phase(task), task.endedAt - task.acceptedAt]).toEqual(["succeeded", 8_000]);
});

test("a cancelled task never runs, and its timers are stopped", async () => {
  const { task, tasks, started, ended } = startTask(undefined, { callbackUrl: "http://127.0.0.1:9/" });
  await tasks.end(task, "cancelled");
  await vi.advanceTimersByTimeAsync(60_000);
  expect([tasks.phase(task), started, ended]).toEqual(["cancelled", [], [task]]);
  expect(vi.getTimerCount()).toBe(0);
});
