import { eventually, simulatorAt } from "@reelqueue/testing";
import { enqueueAll } from "../rig/producer.ts";
import { rowsOf } from "../rig/prompts.ts";
import { billOf } from "../rig/received.ts";
import type { Options, Report } from "../rig/report.ts";
import { medians, rounds } from "../rig/runs.ts";
import { type Installation, startInstallation } from "../rig/system.ts";
import { type Life, slotTimes } from "./slots.ts";

const slots = 10;
/** A minute of the provider takes one second. */
const clockFactor = 60;

/** Time of a batch through one account with 10 slots and 60 requests a minute, against the ideal. */
export async function caps({ quick, runs = quick ? 1 : 3 }: Options): Promise<Report> {
  const count = quick ? 200 : 1_000;
  const { caps: all } = await rounds(["caps"], runs, () => once(count));
  const figures = medians(all);
  return {
    bench: "caps",
    title: `${count} generations, ${slots} in flight, 60 requests a minute, clock ×${clockFactor}; provider's time, medians of ${runs}`,
    heads: ["figure", "median"],
    rows: Object.entries(figures),
    figures: { medians: figures, runs: all },
    targets: [
      { name: "ideal / time to the last stored video", wanted: "≥ 0.93", measured: figures["share of the ideal"] ?? 0 },
      { name: "polls per video", wanted: "≤ 8", measured: figures["polls per video"] ?? Number.NaN },
    ],
  };
}

async function once(count: number): Promise<Record<string, number>> {
  await using scope = new AsyncDisposableStack();
  const system = await startInstallation(scope, {
    simulator: { SIMULATOR_CLOCK_FACTOR: `${clockFactor}`, SIMULATOR_OUTPUTS: "tiny" },
    account: { timeScale: clockFactor },
    workers: {},
  });
  const startedAt = Date.now();
  const ids = await enqueueAll(system.producer, rowsOf(count, {}));
  const lives = await livesOf(system, ids, count);
  const { polls, refused, tasks } = await billOf(system.simulator);
  if (tasks !== count) throw new Error(`the simulator made ${tasks} tasks for ${count} rows`);
  return {
    ...slotTimes(lives, startedAt, slots, clockFactor),
    "polls per video": polls / count,
    "answers 429": refused,
  };
}

/** When each generation reached its states, by the ledger and by the simulator. */
async function livesOf({ producer, simulator }: Installation, ids: readonly string[], count: number): Promise<Life[]> {
  const minute = 60_000;
  await eventually(async () => (await producer.get(ids.at(-1) ?? ""))?.state === "succeeded", {
    describe: "the last row is stored",
    timeoutMs: count * minute,
    everyMs: 500,
  });
  const generations = await eventually(
    async () => {
      const all = await Promise.all(ids.map((id) => producer.get(id)));
      return all.every((each) => each?.state === "succeeded") && all;
    },
    { describe: "all rows are stored", timeoutMs: 10 * minute, everyMs: 500 },
  );
  const tasks = await simulatorAt(simulator.url).tasks(count);
  const taskOf = new Map(tasks.map((task) => [task.id, task]));
  return generations.map((generation) => {
    const task = taskOf.get(generation?.taskId ?? "");
    const at = (state: string) => Date.parse(generation?.timeline.findLast((entry) => entry.state === state)?.at ?? "");
    return {
      submittingAt: at("submitting"),
      acceptedAt: task?.acceptedAt ?? Number.NaN,
      endedAt: task?.endedAt ?? Number.NaN,
      noticedAt: at("finalizing"),
      storedAt: at("succeeded"),
    };
  });
}
