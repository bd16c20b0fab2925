import { join } from "node:path";
import { nemesisNames } from "../nemesis/index.ts";
import type { ChaosOptions } from "../options.ts";
import { summarize, writeReport } from "../report.ts";
import { runChaos } from "../run.ts";
import { type Bill, billOf, tableOf } from "./bill.ts";
import { runPlain } from "./run-plain.ts";

/** Aimed at places that only reelqueue has, or (BullMQ's keys) at what the plain solution has nothing besides. */
const oneSided = ["crash-at", "clock", "bull-keys"];
/** With these a task ends without a video, and no system can deliver it. */
const hopeless = ["task-fails*1"];

/** The same requests, seed, faults and strikes for reelqueue and for the plain BullMQ solution, at a provider without idempotency keys; prints both bills. */
export async function compareBills(options: ChaosOptions, say: (line: string) => void): Promise<Bill[]> {
  const faults = Object.fromEntries(Object.entries(options.faults).filter(([name]) => !hopeless.includes(name)));
  const nemeses = options.nemeses ?? nemesisNames.filter((name) => !oneSided.includes(name));
  const same = { ...options, faults, nemeses, accounts: ["jiekou"] as const };
  say("\n=== plain BullMQ");
  const plain = billOf("plain BullMQ", await runPlain({ ...same, report: join(options.report, "plain") }, say));
  say("\n=== reelqueue");
  const outcome = await runChaos({ ...same, report: join(options.report, "reelqueue") }, say);
  const summary = summarize(outcome);
  writeReport(outcome, summary);
  const { rows, tasks, files, received } = outcome.evidence;
  const witnesses = { rows, tasks, files: [...files.keys()], received };
  const bills = [plain, billOf("reelqueue", witnesses, summary.needsReview)];
  say(`\n${tableOf(bills)}\n`);
  return bills;
}
