import { freePort, startReceiver } from "@reelqueue/testing";
import { expect, test } from "vitest";
import { contradictions, startWorld } from "./world.ts";

test("duplicate callbacks, racing polls and repeated finalizer jobs: finished once, one event", async () => {
  await using receiver = await startReceiver();
  const port = String(await freePort());
  const publicUrl = `http://127.0.0.1:${port}`;
  await using world = await startWorld({ apps: [], appEnv: { PUBLIC_URL: publicUrl } });
  await world.startApp("api", { PORT: port });
  await Promise.all(["submitter", "poller", "poller#2", "finalizer", "finalizer#2"].map((name) => world.start(name)));

  const faults = [
    "[[fault:callback-twice]]",
    "[[fault:callback-early]]",
    "[[fault:callback-twice]][[fault:status-regress]]",
    "[[fault:callback-none]]",
  ];
  const ids = await world.enqueue(
    Array.from({ length: 12 }, (_, i) => ({
      prompt: `a glass frog [[marker:m${i}]]${faults[i % faults.length]}`,
      resolution: "480p",
      seconds: 4,
      account: "hiapi",
      webhook: receiver.url,
    })),
  );
  // Somebody presses Retry in Bull Board, or BullMQ hands a job out twice: the hand-over is repeated while work goes on and afterwards.
  const meddling = setInterval(() => void meddle(), 50);
  const meddle = async () => {
    for (const generation of ids) {
      await world.here.queues.add(
        "finalize",
        [1, 2, 3].map((dispatchSeq) => ({ generation, dispatchSeq })),
      );
      await world.here.queues.add(
        "submit",
        [1, 2].map((dispatchSeq) => ({ generation, dispatchSeq })),
      );
    }
  };
  const rested = await world.rested(ids);
  clearInterval(meddling);
  await meddle();
  await receiver.arrived(12, 120_000);

  expect(rested.map(({ state }) => state)).toEqual(ids.map(() => "succeeded"));
  const bill = await world.bill();
  expect([bill.tasks, bill.charges, bill.duplicates]).toEqual([12, 12, []]);
  for (const { timeline } of rested) {
    expect(timeline.filter(({ state }) => state === "finalizing")).toHaveLength(1);
    expect(timeline.filter(({ state }) => state === "succeeded")).toHaveLength(1);
  }
  const events = new Set(receiver.received.map(({ id }) => id));
  expect(events.size).toBe(12);
  expect(new Set(rested.map(({ taskId }) => taskId)).size).toBe(12);
  expect(await contradictions(world)).toEqual([]);
});
