import { globSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { simulatorAt } from "@reelqueue/testing";
import { makeRows, startFeed } from "../feed.ts";
import { heal, injectFaults } from "../inject.ts";
import { nemesisNames, planFaults } from "../nemesis/index.ts";
import type { ChaosOptions } from "../options.ts";
import { seededRandom } from "../random.ts";
import { summarize, writeReport } from "../report.ts";
import { healMs, runChaos } from "../run.ts";
import { accountNames, type ChaosSystem, startChaosSystem } from "../system/system.ts";
import { type Bill, billOf, tableOf, type Witnesses } from "./bill.ts";

/**
 * Nemeses that do not apply to both: crash points exist only in reelqueue, and without BullMQ's keys the plain solution
 * has nothing left.
 */
const excludedNemeses = ["crash-at", "clock", "bull-keys"];
/** With these a task ends without a video; no system could deliver one. */
const excludedFaults = ["task-fails*1"];

/**
 * Runs reelqueue and the plain BullMQ solution with the same requests, seed, faults and nemeses, at a provider without
 * idempotency keys; prints both bills.
 */
export async function compareBills(options: ChaosOptions, log: (line: string) => void): Promise<Bill[]> {
  const faults = Object.fromEntries(Object.entries(options.faults).filter(([name]) => !excludedFaults.includes(name)));
  const nemeses = options.nemeses ?? nemesisNames.filter((name) => !excludedNemeses.includes(name));
  const same = { ...options, faults, nemeses, accounts: ["jiekou"] as const };
  log("\n=== plain BullMQ");
  const plain = billOf("plain BullMQ", await runPlain({ ...same, report: join(options.report, "plain") }, log));
  log("\n=== reelqueue");
  const outcome = await runChaos({ ...same, report: join(options.report, "reelqueue") }, log);
  const summary = summarize(outcome);
  writeReport(outcome, summary);
  const { rows, tasks, files, received } = outcome.evidence;
  const witnesses = { rows, tasks, files: [...files.keys()], received };
  const bills = [plain, billOf("reelqueue", witnesses, summary.needsReview)];
  log(`\n${tableOf(bills)}\n`);
  return bills;
}

/** One run of the plain BullMQ solution under the fault plan that reelqueue gets with the same seed. */
async function runPlain(options: ChaosOptions, log: (line: string) => void): Promise<Witnesses> {
  const { generations: count, faults, accounts = accountNames, seed, workers, report } = options;
  mkdirSync(report, { recursive: true });
  await using system = await startChaosSystem({
    ...{ redis: "alone", logs: join(report, "logs"), seed, workers, plain: true },
  });
  const rowOptions = { count, faults, accounts, webhook: system.receiver.url, run: `c${seed}` };
  const rows = makeRows(rowOptions, seededRandom(seed, "faults"));
  const feed = startFeed(rows, system.apiUrl, seededRandom(seed, "feed"));
  const { plan } = planFaults(options, seededRandom(seed, "plan"), system);
  await injectFaults(plan, options, { system, feed, log });
  await heal(system);
  feed.upTo(rows.length);
  await Promise.race([feed.done, wait(healMs)]);
  feed.giveUp();
  log("no more faults; waiting until BullMQ has no jobs left");
  await waitForEmptyQueues(system);
  return {
    rows,
    tasks: await simulatorAt(system.simulator.url).tasks(),
    files: globSync("**/*.mp4", { cwd: join(system.home, "outputs") }),
    received: system.receiver.received,
  };
}

/** How long all queues must have been empty. */
const emptyMs = 3_000;

async function waitForEmptyQueues(system: ChaosSystem): Promise<void> {
  const deadline = performance.now() + healMs;
  let since = performance.now();
  while (performance.now() < deadline && performance.now() - since < emptyMs) {
    if ((await jobsLeft(system)) > 0) since = performance.now();
    await wait(300);
  }
}

async function jobsLeft({ installation: { cell } }: ChaosSystem): Promise<number> {
  const pipeline = cell.redis.pipeline();
  for (const queue of ["submit", "poll", "finalize"]) {
    for (const list of ["wait", "active"]) pipeline.llen(`bull:${queue}:${list}`);
    for (const set of ["delayed", "prioritized"]) pipeline.zcard(`bull:${queue}:${set}`);
  }
  return ((await pipeline.exec()) ?? []).reduce((sum, [, count]) => sum + Number(count), 0);
}
