import { setTimeout as wait } from "node:timers/promises";
import * as ledger from "@reelqueue/ledger";
import { timing } from "@reelqueue/pipeline";
import type { Options } from "../rig/options.ts";
import { billOf, received } from "../rig/received.ts";
import type { Report } from "../rig/report.ts";
import { quantile } from "../rig/statistics.ts";
import { caughtUpAt, type Look, lateBy, looksOf } from "./lateness.ts";
import { type Standing, standing, stored, wentOn } from "./passing.ts";
import { openScene, type Scene, type Size, type Started } from "./scene.ts";
import { askedFor, dueTimes, type Held, readHeld, watchDues } from "./watch.ts";

/** How long the state before the kill is measured, and how long the one after it is looked at: longer than any lease of a look. */
const measuredMs = { before: 20_000, after: timing.pollLeaseMs + 15_000 };

/** Everything is killed at once, Redis too, while 10,000 tasks run; how soon is each looked at in time again, and is anything lost or paid twice? */
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

/** Lateness of looks while nothing is wrong. */
async function steady(scene: Scene, { spreadMs, passing }: Size): Promise<Look[]> {
  await using cell = await scene.openCell();
  // The workers get to know the class of what passes through, as they would have long ago.
  await scene.pass(passing / 10);
  await wait(spreadMs);
  await scene.pass(passing - passing / 10);
  const sinceMs = Date.now();
  const watch = watchDues(cell);
  await wait(measuredMs.before);
  await watch[Symbol.asyncDispose]();
  const untilMs = Date.now();
  return looksOf(watch.dues, askedFor(scene.road, sinceMs), untilMs - 2_000);
}

interface Killed {
  killedAt: number;
  startedAt: number;
  redisAt: number;
  started: Started;
  /** What Redis held when it answered again. */
  held: Held;
  standing: Standing;
  looks: Look[];
}

async function killed(scene: Scene): Promise<Killed> {
  const dues = await allDues(scene);
  const killedAt = Date.now();
  await scene.killAll();
  const startedAt = Date.now();
  const starting = scene.startAgain();
  const redisAt = await starting.redisAt;
  await using cell = await scene.openCell();
  const asked = new Set(askedFor(scene.road, startedAt).map(({ id }) => id));
  const held = await readHeld(cell, timing.pollLeaseMs, { killedAt, dues, asked });
  const watch = watchDues(cell, held);
  const standingThen = await standing(cell);
  const started = await starting.started;
  await wait(measuredMs.after);
  await watch[Symbol.asyncDispose]();
  const looks = looksOf(watch.dues, askedFor(scene.road, startedAt), Date.now() - 2_000);
  return { killedAt, startedAt, redisAt, started, held, standing: standingThen, looks };
}

async function allDues(scene: Scene): Promise<Map<string, number>> {
  await using cell = await scene.openCell();
  return await dueTimes(cell, "+inf");
}

function figuresOf(before: readonly Look[], { killedAt, startedAt, redisAt, started, held, looks }: Killed) {
  const usual = lateBy(before);
  const p99 = quantile(usual, 0.99);
  const firstLookAt = Math.min(...looks.map(({ lookedAt }) => lookedAt));
  const ofTheDead = looks.filter(({ id, dueAt }) => held.claimed.has(id) && held.dues.get(id) === dueAt);
  const others = looks.filter((look) => !ofTheDead.includes(look));
  const waitedFor = others.filter(({ dueAt }) => dueAt < firstLookAt);
  const since = (atMs: number) => atMs - startedAt;
  const last = (some: readonly Look[]) => Math.max(...some.map(({ lookedAt }) => lookedAt));
  return {
    "before: looks a second": (1_000 * before.length) / measuredMs.before,
    "before: late p50, ms": quantile(usual, 0.5),
    "before: late p99, ms": p99,
    "all dead after, ms": startedAt - killedAt,
    "Redis answers, ms": since(redisAt),
    "submitter ready, ms": since(started.submitter),
    "finalizer ready, ms": since(started.finalizer),
    "poller ready, ms": since(started.poller),
    "first look, ms": since(firstLookAt),
    "overdue at the first look": waitedFor.length,
    "last of these looked at, ms": since(last(waitedFor)),
    "recovered but for claims of the dead, ms": since(caughtUpAt(others, firstLookAt, p99)),
    "claimed by the dead poller": held.claimed.size,
    "first of these looked at, ms": since(Math.min(...ofTheDead.map(({ lookedAt }) => lookedAt))),
    "last of these looked at again, ms": since(last(ofTheDead)),
    recoveredInMs: since(caughtUpAt(looks, firstLookAt, p99)),
    "afterwards: late p99, ms": quantile(lateBy(looks.filter(({ dueAt }) => since(dueAt) > timing.pollLeaseMs)), 0.99),
  };
}

/** Waits until what passes through is stored, and counts what there is. */
async function remaining(scene: Scene, { running, passing }: Size, { startedAt, standing: before }: Killed) {
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
      "recoveredInMs: from starting all again until no task's look is overdue by more than the p99 before the kill, what the dead poller had claimed included",
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
