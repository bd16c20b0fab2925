import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { type Evidence, gather } from "../check/evidence.ts";
import { nemesisNames } from "../nemesis/index.ts";
import type { ChaosOptions, Log } from "../options.ts";
import { writeReport } from "../report.ts";
import { healMs, rowsOf, runChaos, sendUnderFaults, startSystem } from "../run.ts";
import type { ChaosSystem } from "../system/system.ts";
import { billOf, tableOf } from "./bill.ts";

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
export async function compareBills(options: ChaosOptions, log: Log) {
  const faults = Object.fromEntries(Object.entries(options.faults).filter(([name]) => !excludedFaults.includes(name)));
  const nemeses = options.nemeses ?? nemesisNames.filter((name) => !excludedNemeses.includes(name));
  const same = { ...options, faults, nemeses, accounts: ["jiekou"] as const };
  log("\n=== plain BullMQ");
  const plain = await runPlain({ ...same, report: join(options.report, "plain") }, log);
  log("\n=== reelqueue");
  const outcome = await runChaos({ ...same, report: join(options.report, "reelqueue") }, log);
  const { needsReview } = writeReport(outcome);
  const bills = [billOf("plain BullMQ", plain), billOf("reelqueue", outcome.evidence, needsReview)];
  log(`\n${tableOf(bills)}\n`);
  return { seed: options.seed, bills };
}

/** One run of the plain BullMQ solution under the fault plan that reelqueue gets with the same seed. */
async function runPlain(options: ChaosOptions, log: Log): Promise<Evidence> {
  await using system = await startSystem(options, log, true);
  const rows = rowsOf(options, system);
  await sendUnderFaults(rows, options, system, log);
  await waitForEmptyQueues(system);
  return await gather(system, rows, { changedEnds: [], stuck: [], takeovers: system.redis.takeovers() });
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
