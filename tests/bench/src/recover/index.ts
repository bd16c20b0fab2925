import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { timing } from "@reelqueue/pipeline";
import { billOf, received } from "../rig/received.ts";
import type { Options, Report } from "../rig/report.ts";
import { quantile } from "../rig/runs.ts";
import { caughtUpAt, lateBy, type Poll, pollsOf } from "./lateness.ts";
import { readPositions, stored, wentOn } from "./passing.ts";
import { openScene, type Scene, type Size } from "./scene.ts";
import { dueTimes, pollRequests, readHeld, watchDues } from "./watch.ts";

/** Measured time before the kill and after the restart; the latter is longer than any poll lease. */
const measuredMs = { before: 20_000, after: timing.pollLeaseMs + 15_000 };

/**
 * Kills all processes and Redis at once while 10,000 tasks run; measures when polls are on time again, and losses and
 * second tasks.
 */
export async function recover({ quick }: Options): Promise<Report> {
  const size = quick
    ? { running: 1_000, spreadMs: 15_000, passing: 60 }
    : { running: 10_000, spreadMs: 60_000, passing: 600 };
  await using scope = new AsyncDisposableStack();
  const scene = await openScene(scope, size);
  await scene.startWorkers();
  const before = await steady(scene, size);
  const after = await killed(scene);
  const figures = { ...figuresOf(before, after), ...(await remaining(scene, size, after)) };
  return reportOf(size, figures);
}

/** Lateness of polls in normal operation. */
async function steady(scene: Scene, { spreadMs, passing }: Size): Promise<Poll[]> {
  await using cell = await scene.openCell();
  // Teaches the workers the run times of the passing class.
  await scene.pass(passing / 10);
  await wait(spreadMs);
  await scene.pass(passing - passing / 10);
  const sinceMs = Date.now();
  const watch = watchDues(cell);
  await wait(measuredMs.before);
  await watch[Symbol.asyncDispose]();
  const untilMs = Date.now();
  return pollsOf(watch.dues, pollRequests(scene.proxy, sinceMs), untilMs - 2_000);
}

type Killed = Awaited<ReturnType<typeof killed>>;

async function killed(scene: Scene) {
  const dues = await allDues(scene);
  const killedAt = Date.now();
  await scene.killAll();
  const startedAt = Date.now();
  const starting = scene.startAgain();
  const redisAt = await starting.redisAt;
  await using cell = await scene.openCell();
  const requests = new Set(pollRequests(scene.proxy, startedAt).map(({ id }) => id));
  // The contents of Redis after its restart.
  const held = await readHeld(cell, timing.pollLeaseMs, { killedAt, dues, requests });
  const watch = watchDues(cell, held);
  const positions = await readPositions(cell);
  const started = await starting.started;
  await wait(measuredMs.after);
  await watch[Symbol.asyncDispose]();
  const polls = pollsOf(watch.dues, pollRequests(scene.proxy, startedAt), Date.now() - 2_000);
  return { killedAt, startedAt, redisAt, started, held, positions, polls };
}

async function allDues(scene: Scene): Promise<Map<string, number>> {
  await using cell = await scene.openCell();
  return await dueTimes(cell, "+inf");
}

function figuresOf(before: readonly Poll[], { killedAt, startedAt, redisAt, started, held, polls }: Killed) {
  const usual = lateBy(before);
  const p99 = quantile(usual, 0.99);
  const firstPollAt = Math.min(...polls.map(({ polledAt }) => polledAt));
  const claimedByDead = polls.filter(({ id, dueAt }) => held.claimed.has(id) && held.dues.get(id) === dueAt);
  const others = polls.filter((poll) => !claimedByDead.includes(poll));
  const lateTasks = others.filter(({ dueAt }) => dueAt < firstPollAt);
  const since = (atMs: number) => atMs - startedAt;
  const last = (some: readonly Poll[]) => Math.max(...some.map(({ polledAt }) => polledAt));
  return {
    "before: looks a second": (1_000 * before.length) / measuredMs.before,
    "before: late p50, ms": quantile(usual, 0.5),
    "before: late p99, ms": p99,
    "all dead after, ms": startedAt - killedAt,
    "Redis answers, ms": since(redisAt),
    "submitter ready, ms": since(started.submitter),
    "finalizer ready, ms": since(started.finalizer),
    "poller ready, ms": since(started.poller),
    "first look, ms": since(firstPollAt),
    "overdue at the first look": lateTasks.length,
    "last of these looked at, ms": since(last(lateTasks)),
    "recovered but for claims of the dead, ms": since(caughtUpAt(others, firstPollAt, p99)),
    "claimed by the dead poller": held.claimed.size,
    "first of these looked at, ms": since(Math.min(...claimedByDead.map(({ polledAt }) => polledAt))),
    "last of these looked at again, ms": since(last(claimedByDead)),
    recoveredInMs: since(caughtUpAt(polls, firstPollAt, p99)),
    "afterwards: late p99, ms": quantile(lateBy(polls.filter(({ dueAt }) => since(dueAt) > timing.pollLeaseMs)), 0.99),
  };
}

/** Waits until the passing generations are stored and delivered; counts losses. */
async function remaining(scene: Scene, { running, passing }: Size, { startedAt, positions: before }: Killed) {
  await using cell = await scene.openCell();
  const storedAt = await stored(cell, passing);
  await received(scene.receiver, passing, 120_000);
  const deliveredAt = Date.now();
  const [counts, bill, passingBill] = [
    await ledger.counts(cell),
    await billOf(scene.simulator),
    await billOf(scene.passingSimulator),
  ];
  return {
    ...(await wentOn(cell, before, startedAt)),
    "passing through: all stored, ms": storedAt - startedAt,
    "passing through: all delivered, ms": deliveredAt - startedAt,
    lost: running + passing - counts.running - counts.succeeded,
    "second tasks": bill.charges + passingBill.charges - running - passing,
    contradictions: (await ledger.audit(cell)).length,
  };
}

function reportOf({ running, passing }: Size, figures: Record<string, number>): Report {
  const of = (name: string) => figures[name] ?? Number.NaN;
  const recovered = "recovered but for claims of the dead, ms";
  return {
    bench: "recover",
    title:
      `${running} tasks running and ${passing} generations on their way through all stages, then kill -9 of all and Redis; ` +
      "recoveredInMs: from starting all again until no task's poll is overdue by more than the p99 before the kill, what the dead poller had claimed included",
    heads: ["figure", "measured"],
    rows: Object.entries(figures),
    figures,
    targets: [
      { name: "recovered, ms", wanted: "≤ 10000", measured: of("recoveredInMs") },
      { name: "recovered but for what the dead poller had claimed, ms", wanted: "≤ 10000", measured: of(recovered) },
      { name: "generations lost", wanted: "≤ 0", measured: of("lost") },
      { name: "second tasks", wanted: "≤ 0", measured: of("second tasks") },
      { name: "contradictions in the ledger", wanted: "≤ 0", measured: of("contradictions") },
    ],
  };
}
