import { globSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { simulatorAt } from "@reelqueue/testing";
import { nemesisNames } from "../nemesis/index.ts";
import type { ChaosOptions } from "../options.ts";
import { summarize, writeReport } from "../report.ts";
import { healMs, rowsOf, runChaos, sendUnderFaults, startSystem } from "../run.ts";
import type { ChaosSystem } from "../system/system.ts";
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
  await using system = await startSystem(options, log, true);
  const rows = rowsOf(options, system);
  await sendUnderFaults(rows, options, system, log);
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
