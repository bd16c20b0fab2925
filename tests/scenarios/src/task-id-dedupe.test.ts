import { freePort, startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startTestSystem } from "./system.ts";

test("duplicate callbacks, racing polls and repeated finalizer jobs: finished once, one event", async () => {
  await using receiver = await startReceiver();
  const port = String(await freePort());
  const env = { PUBLIC_URL: `http://127.0.0.1:${port}` };
  await using system = await startTestSystem({ apps: [] });
  await system.startApp("api", { ...env, PORT: port });
  const workers = ["submitter", "poller", "poller#2", "finalizer", "finalizer#2"];
  await Promise.all(workers.map((name) => system.start(name, env)));

  const faults = [
    "[[fault:callback-twice]]",
    "[[fault:callback-early]]",
    "[[fault:callback-twice]][[fault:status-regress]]",
    "[[fault:callback-none]]",
  ];
  const ids = await system.enqueue(
    Array.from({ length: 12 }, (_, i) => ({
      prompt: `a glass frog [[marker:m${i}]]${faults[i % faults.length]}`,
      resolution: "480p",
      seconds: 4,
      account: "hiapi",
      webhook: receiver.url,
    })),
  );
  // Jobs are dispatched repeatedly during and after the work, as by Retry in Bull Board or by a stalled job.
  const repeating = setInterval(() => void repeatJobs(), 50);
  const repeatJobs = async () => {
    for (const generation of ids) {
      await system.installation.queues.add(
        "finalize",
        [1, 2, 3].map((dispatchSeq) => ({ generation, dispatchSeq })),
      );
      await system.installation.queues.add(
        "submit",
        [1, 2].map((dispatchSeq) => ({ generation, dispatchSeq })),
      );
    }
  };
  const rested = await system.waitForRest(ids);
  clearInterval(repeating);
  await repeatJobs();
  await receiver.arrived(12, 120_000);

  expect(rested.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  const bill = await system.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([12, 12, []]);
  for (const { timeline } of rested) {
    expect(timeline.filter(({ state }) => state === "finalizing")).toHaveLength(1);
    expect(timeline.filter(({ state }) => state === "succeeded")).toHaveLength(1);
  }
  const events = new Set(receiver.received.map(({ id }) => id));
  expect(events.size).toBe(12);
  expect(new Set(rested.map(({ taskId }) => taskId)).size).toBe(12);
  expect(await contradictions(system)).toEqual([]);
});
